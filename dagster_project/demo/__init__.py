"""The demonstration municipality: Asker (0220) as NOVA's report of 2011 tells of it; people and addresses are invented.

Belongs here: a world made from a seed number, and deliveries of it as of any day from 2009 to 2011
(docs/contracts.md), from which the warehouse returns every published figure that docs/definitions.md defines.
Does not belong here: Dagster, dbt, the door's checks, and how the warehouse counts.

How the printed figures of 2010 hold together here (chapters 4.6-4.8):

- 126 households were allocated a dwelling: 86 from the queue (Tabell 7) and 40 by Flyktningteamet (distinct
  applications with a new allocation).
- 94 of them were newly moved in; the other 32 came from another municipal dwelling: they had a stay before.
  17 of the 32 are refugees, so 23 of the 46 refugees settled (60 agreed less 14) got a municipal dwelling: half.
- 86 renewals were granted besides, as many as new allocations from the queue; 60 of the 299 applications were for
  renewal, the other renewals of the year had been applied for in 2009.
- About 40 tenants left: the stays that ended in dwellings with fixed-term contracts (okonomisk_sosialt and flyktning)
  and did not end with another municipal dwelling. Elsewhere tenants die or move to an institution as well.
- The shares of the stock are of 856; the dwellings outside the five printed groups are hc_bolig (16).
  The group omsorgsbolig is omsorg_eldre, omsorg_psykiatri and omsorg_puh, without hc_bolig.

What cannot hold together in print:

- "200 on the waiting list" (4.6.4), "175" (6.2.2) and 165 (Tabell 7): Tabell 7 stands.
- 18 loans for reestablishing before September 2010 (6.2.11), but 16 in the whole year (Tabell 5): Tabell 5 stands.
- 13 refinancing loans before September and 23 in the year would leave all ten loans of the autumn to refinancing:
  Tabell 5 and the 73 stand; here the autumn has some, and not all of what came before was against a forced sale.
- 7 tenants who bought with a startlån before September, 4 stays that ended with a purchase in the year: two offices'
  counts. Here the loan office's others are known to no tenancy (a grown child, a contract in another's name).
- Five adaptations granted in 2009 by the municipality's count, ten by KOSTRA's: ten here.
- 15.4 dwellings per 1000 inhabitants: 856 / 55 284 is 15.48.
"""

from datetime import date

from dagster_project.demo.extract import MUNICIPALITY_NO, write_delivery
from dagster_project.demo.world import DEFAULT_SEED

# deliveries since which plans have moved and challenges changed, as they are loaded before the first night
EARLIER = (date(2010, 6, 1), date(2009, 6, 1))

__all__ = ["DEFAULT_SEED", "EARLIER", "MUNICIPALITY_NO", "write_delivery"]
