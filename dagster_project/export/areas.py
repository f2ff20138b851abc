"""What a reader knows the figures by: the dashboards, the datasets that each shows, and their columns' headings.

Belongs here: what a workbook's sheets and a connection to the database show alike. Does not belong here: the rows.
"""

from dataclasses import dataclass

from dagster_project.warehouse import DATASETS
from superset_assets.derive import dashboards, written


@dataclass(frozen=True)
class Sheet:
    """A dataset as a reader is shown it: its columns by what they are called."""

    dataset: str
    title: str
    description: str
    headings: dict[str, str]  # by column

    @property
    def relation(self) -> str:
        """The view that it is read from."""
        return f"{DATASETS}.{self.dataset}"


@dataclass(frozen=True)
class Area:
    """A dashboard's datasets together."""

    name: str
    title: str
    description: str
    sheets: tuple[Sheet, ...]


def every(tree: dashboards.Tree) -> list[Area]:
    """The areas in the order of the dashboards."""
    return [
        Area(
            slug,
            tree.dashboards[slug]["dashboard_title"],
            tree.dashboards[slug]["description"],
            tuple(
                sheet(tree, dataset)
                for dataset in dict.fromkeys(tree.charts[chart]["dataset"] for chart in tree.placed(slug))
            ),
        )
        for slug in written.order()
    ]


def sheet(tree: dashboards.Tree, dataset: str) -> Sheet:
    """A dataset's columns, each heading once: where a code stands beside its word, the word."""
    headings: dict[str, str] = {}
    for column in tree.columns(dataset):
        if (heading := tree.label(column)) not in headings.values():
            headings[column] = heading
    said = tree.datasets[dataset]
    return Sheet(dataset, said["title"], said["description"], headings)
