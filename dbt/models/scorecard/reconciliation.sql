{#-
  Printed figures that are no metric of their own: which query gives them (`computed`: SQL over `figures`, the
  metric values of the year), or why none can (`reason`). Any other printed figure is the metric of its name.
-#}
{%- set special = [
    {'figure': 'applications_new', 'of': 'total', 'metric': 'applications_received', 'dimension': 'application_type', 'values': ['ny']},
    {'figure': 'decisions_rejected', 'of': 'total', 'metric': 'decisions_made', 'dimension': 'outcome', 'values': ['avslag']},
    {'figure': 'renewals_granted', 'of': 'total', 'metric': 'allocations_renewal', 'dimension': 'total', 'values': ['total']},
    {'figure': 'stock_disposed', 'of': 'disposed_to', 'metric': 'stock_disposed', 'dimension': 'disposed_to', 'values': ['marked', 'leieboer']},
    {'figure': 'refugees_unsettled_for_want_of_dwelling', 'of': 'total', 'metric': 'refugees_unsettled', 'dimension': 'unsettled_reason', 'values': ['mangler_bolig']},
    {'figure': 'stock_disposed_to_tenant', 'of': 'total', 'metric': 'stock_disposed', 'dimension': 'disposed_to', 'values': ['leieboer']},
] -%}
{%- set stock_groups = {
    'omsorgsbolig': ['omsorg_eldre', 'omsorg_psykiatri', 'omsorg_puh'],
    'servicebolig': ['servicebolig'],
    'trygdebolig': ['trygdebolig'],
    'tidsbestemt': ['okonomisk_sosialt'],
    'flyktning': ['flyktning'],
} -%}
{#- What Statistics Norway says of the municipality, under a name that the print has as well. -#}
{%- set indicators = ['population', 'population_67_79', 'population_80_plus', 'introduction_benefit_persons'] -%}
{#- Figures that the print itself contradicts; the note beside them says how. -#}
{%- set misprints = [
    ('queue_allocation_rate', 'servicebolig', 2008),
    ('stock_share', 'flyktning', 2010),
    ('stock_per_1000_inhabitants', 'Asker', 2010),
    ('population_67_79_share', 'total', 1980),
    ('population_growth', 'total', 2010),
] -%}
-- The municipalities on which something is printed, whatever number they have since; of others nothing is compared.
with municipality as (
    select
        number.municipality_no,
        number.name
    from {{ ref('municipality_number') }} as number
    where number.name in (select municipality from {{ ref('published_figures') }})
),

printed as (
    select
        municipality.municipality_no,
        figure.place_in_report,
        figure.figure,
        figure.dimension,
        figure.dimension_value,
        figure.year,
        figure.unit,
        figure.value::double precision as printed,
        -- as many decimals as the print has
        scale(figure.value)::integer as decimals,
        figure.note
    from {{ ref('published_figures') }} as figure
    inner join municipality on figure.municipality = municipality.name
    inner join (select distinct municipality_no from {{ ref('dim_period') }}) as known
        on municipality.municipality_no = known.municipality_no
),

figure_of_year as (
    select
        figure.municipality_no,
        figure.metric_id,
        extract(year from figure.period_start)::integer as year,
        figure.dimension,
        figure.dimension_value,
        figure.value,
        figure.numerator
    from {{ ref('metric_value') }} as figure
    inner join municipality on figure.municipality_no = municipality.municipality_no
    where figure.period_type = 'year'
),

-- a region may stand in the statistics under several codes: the municipality's own comes first
region_figure as (
    select distinct on (municipality_no, split_part(region_name, ' (', 1), year, indicator)
        municipality_no,
        -- Statistics Norway marks a number that is gone: Asker (-2019)
        split_part(region_name, ' (', 1) as region_name,
        year,
        indicator,
        value,
        per_1000_inhabitants
    from {{ ref('benchmark') }}
    order by
        municipality_no, split_part(region_name, ' (', 1), year, indicator, region_code <> municipality_no, region_code
),

own_figure as (
    select region_figure.*
    from region_figure
    inner join municipality
        on
            region_figure.municipality_no = municipality.municipality_no
            and region_figure.region_name = municipality.name
),

computed as (
    select
        printed.municipality_no,
        printed.figure,
        printed.dimension,
        printed.dimension_value,
        printed.year,
        figure_of_year.value,
        format(
            'scorecard.metric_value: %s, %s = %s, år', figure_of_year.metric_id, figure_of_year.dimension,
            figure_of_year.dimension_value
        ) as computed_from
    from printed
    inner join figure_of_year
        on
            printed.municipality_no = figure_of_year.municipality_no
            and printed.figure = figure_of_year.metric_id
            and printed.dimension = figure_of_year.dimension
            and printed.dimension_value = figure_of_year.dimension_value
            and printed.year = figure_of_year.year

    {%- for entry in special %}
    union all
    select
        figure_of_year.municipality_no,
        '{{ entry.figure }}',
        printed.dimension,
        printed.dimension_value,
        printed.year,
        sum(figure_of_year.value),
        'scorecard.metric_value: {{ entry.metric }}, {{ entry.dimension }} = {{ entry['values'] | join(' + ') }}, år'
    from printed
    inner join figure_of_year
        on
            printed.municipality_no = figure_of_year.municipality_no
            and printed.year = figure_of_year.year
    where
        printed.figure = '{{ entry.figure }}'
        and printed.dimension = '{{ entry.of }}'
        and figure_of_year.metric_id = '{{ entry.metric }}'
        and figure_of_year.dimension = '{{ entry.dimension }}'
        and figure_of_year.dimension_value in ('{{ entry['values'] | join("', '") }}')
    group by figure_of_year.municipality_no, printed.dimension, printed.dimension_value, printed.year
    {%- endfor %}

    -- of a category no metric counts the rejections; they are what its share of rejections is made of
    union all
    select
        municipality_no,
        'decisions_rejected',
        dimension,
        dimension_value,
        year,
        numerator,
        format('scorecard.metric_value: rejection_rate (teller), %s = %s, år', dimension, dimension_value)
    from figure_of_year
    where metric_id = 'rejection_rate' and dimension = 'housing_category'

    {%- for group, categories in stock_groups.items() %}
    union all
    select
        municipality_no,
        'stock_share',
        'stock_group',
        '{{ group }}',
        year,
        sum(value) filter (where dimension_value in ('{{ categories | join("', '") }}')) / nullif(sum(value), 0),
        'scorecard.metric_value: stock_dwellings, andel av housing_category {{ categories | join(' + ') }}, år'
    from figure_of_year
    where metric_id = 'stock_dwellings' and dimension = 'housing_category'
    group by municipality_no, year
    {%- endfor %}

    union all
    select
        region_figure.municipality_no,
        figure.figure,
        'region',
        printed_region.dimension_value,
        region_figure.year,
        case when figure.is_per_1000 then region_figure.per_1000_inhabitants else region_figure.value end,
        format('scorecard.benchmark: %s, %s', region_figure.indicator, region_figure.region_name)
    from region_figure
    inner join (
        values
        ('bostotte_households', 'bostotte_husstander', false),
        ('startlan_loans', 'startlan_boliger', false),
        ('stock_per_1000_inhabitants', 'kommunale_boliger', true)
    ) as figure (figure, indicator, is_per_1000)
        on region_figure.indicator = figure.indicator
    inner join (
        select distinct
            municipality_no,
            dimension_value
        from printed
        where dimension = 'region'
    ) as printed_region
        on
            region_figure.municipality_no = printed_region.municipality_no
            and region_figure.region_name = printed_region.dimension_value

    {%- for figure, value in [
        ('indicator', 'value'), ("indicator || '_share'", 'per_1000_inhabitants / 1000')
    ] %}
    union all
    select
        municipality_no,
        {{ figure }},
        'total',
        'total',
        year,
        {{ value }},
        format('scorecard.benchmark: %s, %s', indicator, region_name)
    from own_figure
    where indicator in ('{{ indicators | join("', '") }}')
    {%- endfor %}

    -- Tabell 2: all dwellings, by the building that they are in
    {%- for figure, value in [
        ('dwellings', 'value'), ('dwellings_share', 'value / sum(value) over (partition by municipality_no, year)')
    ] %}
    union all
    select
        municipality_no,
        '{{ figure }}',
        'building',
        substr(indicator, length('dwellings_') + 1),
        year,
        {{ value }},
        format('scorecard.benchmark: %s, %s', indicator, region_name)
    from own_figure
    where indicator like 'dwellings\_%'
    {%- endfor %}
    union all
    select
        municipality_no,
        'dwellings',
        'total',
        'total',
        year,
        sum(value),
        format('scorecard.benchmark: alle bygninger til sammen, %s', region_name)
    from own_figure
    where indicator like 'dwellings\_%'
    group by municipality_no, year, region_name

    union all
    select
        municipality_no,
        'refugees_agreed',
        'total',
        'total',
        agreement_year,
        persons_agreed,
        'marts.fct_settlement_agreement: persons_agreed'
    from {{ ref('fct_settlement_agreement') }}

    -- beside the figure above the plan stands the plan's
    union all
    select
        growth.municipality_no,
        'population_growth_planned',
        'total',
        'total',
        growth.year,
        growth.value - above.value,
        'scorecard.metric_value: population_growth - population_growth_vs_plan, år'
    from figure_of_year as growth
    inner join figure_of_year as above
        on
            growth.municipality_no = above.municipality_no
            and growth.year = above.year
            and growth.metric_id = 'population_growth'
            and above.metric_id = 'population_growth_vs_plan'

    union all
    select
        municipality_no,
        'grant_pot',
        'total',
        'total',
        pot_year,
        pot_nok,
        'marts.fct_grant_pot: pot_nok'
    from {{ ref('fct_grant_pot') }}

    union all
    select
        funding.municipality_no,
        'refugee_dwellings_frame',
        'total',
        'total',
        funding.funding_year,
        sum(funding.budgeted_nok),
        'marts.fct_measure_funding: budgeted_nok, investering, tiltak med malgruppe flyktning'
    from {{ ref('fct_measure_funding') }} as funding
    inner join {{ ref('fct_measure') }} as measure
        on
            funding.municipality_no = measure.municipality_no
            and funding.measure_id = measure.measure_id
    where funding.funding_type = 'investering' and measure.target_group = 'flyktning'
    group by funding.municipality_no, funding.funding_year

    -- Tabell 7 leaves refugees out; this is all letting
    union all
    select
        allocation.municipality_no,
        'households_allocated',
        'total',
        'total',
        extract(year from allocation.allocated_on)::integer,
        count(distinct allocation.application_id),
        'marts.fct_allocation: ulike søknader med ny tildeling i året, flyktninger med'
    from {{ ref('fct_allocation') }} as allocation
    where allocation.is_new_allocation
    group by allocation.municipality_no, extract(year from allocation.allocated_on)

    union all
    select
        allocation.municipality_no,
        'households_allocated_moved_in',
        'total',
        'total',
        extract(year from allocation.allocated_on)::integer,
        count(distinct allocation.application_id) filter (where earlier.person_id is null),
        'marts.fct_allocation: de av dem som ikke hadde en kommunal bolig fra før (marts.fct_stay)'
    from {{ ref('fct_allocation') }} as allocation
    left join (
        select municipality_no, person_id, min(started_on) as first_started_on
        from {{ ref('fct_stay') }}
        group by municipality_no, person_id
    ) as earlier
        on
            allocation.municipality_no = earlier.municipality_no
            and allocation.person_id = earlier.person_id
            and earlier.first_started_on < allocation.allocated_on
    where allocation.is_new_allocation
    group by allocation.municipality_no, extract(year from allocation.allocated_on)

    -- "leave because the contract is not renewed": out of a dwelling let for fixed terms, to no other municipal one
    union all
    select
        municipality_no,
        'tenants_left',
        'total',
        'total',
        extract(year from ended_on)::integer,
        count(*),
        'marts.fct_stay: avsluttet i okonomisk_sosialt og flyktning, ikke til annen kommunal bolig'
    from {{ ref('fct_stay') }}
    where
        housing_category in ('okonomisk_sosialt', 'flyktning')
        and ended_on is not null
        and move_out_reason is distinct from 'annen_kommunal_bolig'
    group by municipality_no, extract(year from ended_on)

    -- chapter 6.2.11 counts what was paid out before 1 September 2010
    {%- for figure, where in [
        ('startlan_loans', 'true'), ('startlan_tenant_buyers', "was_municipal_tenant and purpose = 'kjop'")
    ] %}
    union all
    select
        municipality_no,
        '{{ figure }}',
        'to date',
        '2010-09-01',
        2010,
        count(*) filter (where {{ where }}),
        'marts.fct_startlan: utbetalt fra 1. januar til 31. august 2010'
    from {{ ref('fct_startlan') }}
    where paid_out_on >= '2010-01-01' and paid_out_on < '2010-09-01'
    group by municipality_no
    {%- endfor %}
),

compared as (
    select
        printed.*,
        case when printed.unit = 'prosent' then computed.value * 100 else computed.value end as computed,
        coalesce(
            computed.computed_from,
            -- the expected path is worked out after the night
            case
                when
                    printed.figure = 'need_uncovered'
                    then
                        'scenario.need: udekket om fire år i alt uten flyktninger, alternativ hoved, i oversikten per 31.12.2009 (bolig behov)'
            end,
            'Ingen rad i uttrekkene gir tallet.'
        ) as computed_from
    from printed
    left join computed
        on
            printed.municipality_no = computed.municipality_no
            and printed.figure = computed.figure
            and printed.dimension = computed.dimension
            and printed.dimension_value = computed.dimension_value
            and printed.year = computed.year
)

select
    municipality_no,
    place_in_report,
    figure,
    dimension,
    dimension_value,
    year,
    unit,
    printed,
    computed,
    computed - printed as difference,
    case
        when computed is null and figure = 'need_uncovered' then 'beregnes etterpå'
        when computed is null then 'kan ikke beregnes'
        when round(computed::numeric, decimals) = printed::numeric then 'stemmer'
        when (figure, dimension_value, year) in (
            {%- for figure, dimension_value, year in misprints %}
            ('{{ figure }}', '{{ dimension_value }}', {{ year }}){{ ',' if not loop.last }}
            {%- endfor %}
        ) then 'avviker, forklart'
        else 'avviker'
    end as verdict,
    note,
    computed_from
from compared
