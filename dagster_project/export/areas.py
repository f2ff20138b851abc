"""What a reader knows the figures by: the dashboards, the datasets that each shows, and their columns' headings.

Belongs here: what a workbook's sheets and a connection to the database show alike. Does not belong here: the rows.
"""

from dataclasses import dataclass, replace

from dagster_project.warehouse import DATASETS
from superset_assets.derive import dashboards, written


@dataclass(frozen=True)
class Sheet:
    """A dataset as a reader is shown it: its columns by what they are called."""

    dataset: str
    title: str
    description: str
    headings: dict[str, str]  # by column
    metrics: frozenset[str] | None = None  # of figures: those that the area is about, by their ids; None: every row

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
    """The areas in the order of the dashboards; the first, which lists every figure, has all of them."""
    return [
        Area(slug, tree.dashboards[slug]["dashboard_title"], tree.dashboards[slug]["description"], _sheets(tree, slug))
        for slug in written.order()
    ]


def _sheets(tree: dashboards.Tree, slug: str) -> tuple[Sheet, ...]:
    datasets = [tree.charts[chart]["dataset"] for chart in tree.placed(slug)]
    first = written.order()[0]
    if slug == first:
        datasets += [name for name, said in tree.datasets.items() if said.get("figures") == "all"]
        return tuple(sheet(tree, dataset) for dataset in dict.fromkeys(datasets))
    sheets = [replace(sheet(tree, name), metrics=_metrics(tree, slug, name)) for name in dict.fromkeys(datasets)]
    of_some = f" Bare de tallene som dashbordet viser; alle står i {first}.xlsx."
    return tuple(
        each if each.metrics is None else replace(each, description=each.description + of_some) for each in sheets
    )


def _metrics(tree: dashboards.Tree, slug: str, dataset: str) -> frozenset[str] | None:
    """The metrics whose rows of a dataset a dashboard shows; None where one of its charts shows those of any."""
    found: set[str] = set()
    for chart in tree.placed(slug):
        if tree.charts[chart]["dataset"] == dataset:
            metrics = tree.metrics_of_rows(chart)
            if metrics is None:
                return None
            found.update(metrics)
    return frozenset(found)


def sheet(tree: dashboards.Tree, dataset: str) -> Sheet:
    """A dataset's columns, each heading once: where a code stands beside its word, the word."""
    headings: dict[str, str] = {}
    for column in tree.columns(dataset):
        if (heading := tree.label(column)) not in headings.values():
            headings[column] = heading
    said = tree.datasets[dataset]
    return Sheet(dataset, said["title"], said["description"], headings)
