-- The database of the first release that could publish (commit 818a06a), after it had loaded and published
-- growthleads_assets/demo_data/initial: `pg_dump --inserts` of its schemas, Dagster's aside.
CREATE SCHEMA bronze;
CREATE SCHEMA candidate;
CREATE SCHEMA gold;
CREATE SCHEMA silver;
CREATE TABLE silver.scraper_observations (
    date date NOT NULL,
    marketing_source text NOT NULL,
    operator text NOT NULL,
    country text NOT NULL,
    total_earnings numeric NOT NULL,
    visits bigint NOT NULL
);
CREATE VIEW silver.scraper_keys AS
 WITH RECURSIVE found AS (
        ( SELECT scraper_observations.marketing_source,
            scraper_observations.operator,
            scraper_observations.country
           FROM silver.scraper_observations
          ORDER BY scraper_observations.marketing_source, scraper_observations.operator, scraper_observations.country
         LIMIT 1)
        UNION ALL
         SELECT following.marketing_source,
            following.operator,
            following.country
           FROM (found found_1
             CROSS JOIN LATERAL ( SELECT observations.marketing_source,
                    observations.operator,
                    observations.country
                   FROM silver.scraper_observations observations
                  WHERE (ROW(observations.marketing_source, observations.operator, observations.country) > ROW(found_1.marketing_source, found_1.operator, found_1.country))
                  ORDER BY observations.marketing_source, observations.operator, observations.country
                 LIMIT 1) following)
        )
 SELECT marketing_source,
    operator,
    country
   FROM found;
COMMENT ON VIEW silver.scraper_keys IS '2c15ac8aaf81e68ad9d50d28eeea8c76';
CREATE FUNCTION silver.scraper_days(first_day date, last_day date) RETURNS SETOF date
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT (days.day)::date AS day
    FROM generate_series(((scraper_days.first_day - 7))::timestamp with time zone, ((scraper_days.last_day + 7))::timestamp with time zone, '1 day'::interval) days(day)
 UNION
  SELECT later.date
    FROM (silver.scraper_keys scraper_keys
      CROSS JOIN LATERAL ( SELECT min(observations.date) AS date
            FROM silver.scraper_observations observations
           WHERE ((observations.marketing_source = scraper_keys.marketing_source) AND (observations.operator = scraper_keys.operator) AND (observations.country = scraper_keys.country) AND (observations.date > scraper_days.last_day))) later)
   WHERE (later.date IS NOT NULL);
END;
CREATE TABLE bronze.calculations (
    part integer NOT NULL,
    day date NOT NULL,
    inputs jsonb NOT NULL,
    run_id text NOT NULL,
    started_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    finished_at timestamp with time zone,
    settled_at timestamp with time zone,
    waiting_for text[]
);
COMMENT ON TABLE bronze.calculations IS 'The newest calculation of each part and day: the file versions it began with, and whether it was settled, that is published or found to wait. One row per part and day.';
CREATE TABLE bronze.central_mapping (
    variants text NOT NULL,
    variants_key text,
    std_operator text NOT NULL,
    std_operator_key text,
    country text,
    standard_operator text,
    standard_operator_key text,
    _source text NOT NULL,
    _file text NOT NULL,
    _line bigint NOT NULL,
    _load_id bigint NOT NULL
);
COMMENT ON TABLE bronze.central_mapping IS 'Which standard operator a delivered name means. One row per variant.';
CREATE TABLE bronze.files (
    load_id bigint NOT NULL,
    source text NOT NULL,
    file text NOT NULL,
    day date,
    sha256 text,
    rows_read bigint,
    rows_loaded bigint,
    rows_quarantined bigint,
    extra_columns text[] DEFAULT '{}'::text[] NOT NULL,
    status text NOT NULL,
    reason text,
    judged_by text NOT NULL,
    archived_as text,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    run_id text,
    superseded_at timestamp with time zone,
    CONSTRAINT files_check CHECK (((status <> 'loaded'::text) OR ((sha256 IS NOT NULL) AND (rows_read = (rows_loaded + rows_quarantined))))),
    CONSTRAINT files_status_check CHECK ((status = ANY (ARRAY['loaded'::text, 'refused'::text])))
);
COMMENT ON TABLE bronze.files IS 'The file ledger. One row per version of a file that was loaded or refused; the version in force is the loaded one that is not superseded.';
CREATE TABLE bronze.sources (
    source text NOT NULL,
    kind text NOT NULL,
    parts integer[] NOT NULL,
    required_for integer[] NOT NULL,
    CONSTRAINT sources_kind_check CHECK ((kind = ANY (ARRAY['event'::text, 'dimension'::text])))
);
CREATE VIEW bronze.part_sources AS
 SELECT sources.source,
    sources.kind,
    part.part,
    (part.part = ANY (sources.required_for)) AS is_required
   FROM (bronze.sources sources
     CROSS JOIN LATERAL unnest(sources.parts) part(part));
COMMENT ON VIEW bronze.part_sources IS 'One row per source and part that it feeds.';
CREATE VIEW bronze.day_inputs AS
 SELECT part_sources.part,
    files.day,
    (jsonb_object_agg(files.source, files.load_id) || COALESCE(dimensions.inputs, '{}'::jsonb)) AS inputs
   FROM ((bronze.files files
     JOIN bronze.part_sources part_sources ON (((files.source = part_sources.source) AND (part_sources.kind = 'event'::text))))
     LEFT JOIN ( SELECT part_sources_1.part,
            jsonb_object_agg(files_1.source, files_1.load_id) AS inputs
           FROM (bronze.files files_1
             JOIN bronze.part_sources part_sources_1 ON (((files_1.source = part_sources_1.source) AND (part_sources_1.kind = 'dimension'::text))))
          WHERE ((files_1.status = 'loaded'::text) AND (files_1.superseded_at IS NULL))
          GROUP BY part_sources_1.part) dimensions ON ((part_sources.part = dimensions.part)))
  WHERE ((files.status = 'loaded'::text) AND (files.superseded_at IS NULL))
  GROUP BY part_sources.part, files.day, dimensions.inputs;
COMMENT ON VIEW bronze.day_inputs IS 'The file versions in force that a part and day is computed from. One row per part and day with a file.';
CREATE TABLE bronze.deals (
    marketing_source text NOT NULL,
    deal text,
    comments text NOT NULL,
    valid_from date,
    is_default boolean,
    per_raw_earnings numeric,
    per_click numeric,
    per_visit numeric,
    per_signup numeric,
    fixed numeric,
    denominator numeric,
    label_contradicts boolean,
    _source text NOT NULL,
    _file text NOT NULL,
    _line bigint NOT NULL,
    _load_id bigint NOT NULL
);
COMMENT ON TABLE bronze.deals IS 'Commission terms. One row per marketing source and start of validity.';
ALTER TABLE bronze.files ALTER COLUMN load_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME bronze.files_load_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE bronze.manual (
    date timestamp without time zone NOT NULL,
    marketing_source text NOT NULL,
    operator text NOT NULL,
    operator_key text,
    raw_earnings numeric(21,9),
    visits bigint,
    signups bigint,
    _source text NOT NULL,
    _file text NOT NULL,
    _line bigint NOT NULL,
    _load_id bigint NOT NULL,
    _day date NOT NULL
);
COMMENT ON TABLE bronze.manual IS 'Hand-entered web traffic earnings. One row per entered amount.';
CREATE TABLE bronze.prepared_models (
    checksum text NOT NULL,
    prepared_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
COMMENT ON TABLE bronze.prepared_models IS 'The state of the dbt project whose tables and views are in the database.';
CREATE TABLE bronze.quarantine (
    load_id bigint NOT NULL,
    source text NOT NULL,
    file text NOT NULL,
    day date,
    line bigint NOT NULL,
    raw_line text NOT NULL,
    column_name text,
    value text,
    reason text NOT NULL,
    detail text NOT NULL,
    fields jsonb,
    quarantined_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    resolved_at timestamp with time zone
);
COMMENT ON TABLE bronze.quarantine IS 'Rows held out of the calculation. One row per quarantined row of a file version; resolved once a later version of the file is in force.';
CREATE TABLE bronze.routy (
    date timestamp without time zone NOT NULL,
    marketing_source text NOT NULL,
    operator text NOT NULL,
    operator_key text,
    country text,
    country_code text,
    raw_earnings numeric(21,9),
    visits bigint,
    signups bigint,
    _source text NOT NULL,
    _file text NOT NULL,
    _line bigint NOT NULL,
    _load_id bigint NOT NULL,
    _day date NOT NULL
);
COMMENT ON TABLE bronze.routy IS 'Web traffic earnings from routy. One row per reported amount.';
CREATE TABLE bronze.scrapers (
    date timestamp without time zone NOT NULL,
    marketing_source text NOT NULL,
    operator text NOT NULL,
    operator_key text,
    country text,
    total_earnings numeric(21,9),
    visits bigint,
    _source text NOT NULL,
    _file text NOT NULL,
    _line bigint NOT NULL,
    _load_id bigint NOT NULL,
    _day date NOT NULL
);
COMMENT ON TABLE bronze.scrapers IS 'Running totals scraped from operators'' sites. One row per reported total.';
CREATE TABLE bronze.voluum (
    date timestamp without time zone NOT NULL,
    voluum_brand text NOT NULL,
    voluum_brand_key text,
    clicks bigint,
    _source text NOT NULL,
    _file text NOT NULL,
    _line bigint NOT NULL,
    _load_id bigint NOT NULL,
    _day date NOT NULL
);
COMMENT ON TABLE bronze.voluum IS 'Clicks per voluum brand. One row per reported count.';
CREATE TABLE bronze.voluum_mapper (
    voluum_brand text NOT NULL,
    voluum_brand_key text,
    marketing_source text NOT NULL,
    _source text NOT NULL,
    _file text NOT NULL,
    _line bigint NOT NULL,
    _load_id bigint NOT NULL
);
COMMENT ON TABLE bronze.voluum_mapper IS 'Which marketing source a voluum brand''s clicks belong to. One row per brand.';
CREATE TABLE gold.web_commission_daily (
    date date NOT NULL,
    marketing_source text NOT NULL,
    raw_earnings numeric NOT NULL,
    visits bigint NOT NULL,
    signups bigint NOT NULL,
    clicks bigint NOT NULL,
    formula text,
    total_commission numeric(24,2) NOT NULL
);
CREATE VIEW candidate.solution_1_marketing_daily AS
 SELECT marketing_source,
    date,
    raw_earnings,
    visits,
    signups,
    clicks,
    total_commission
   FROM gold.web_commission_daily;
COMMENT ON VIEW candidate.solution_1_marketing_daily IS 'c506ef7e032fab78f10d2dd08b798429';
CREATE TABLE gold.web_commission_by_operator (
    date date NOT NULL,
    marketing_source text NOT NULL,
    operator text NOT NULL,
    commission numeric(24,2) NOT NULL
);
CREATE VIEW candidate.solution_1_operators_daily AS
 SELECT marketing_source,
    date,
    operator,
    commission
   FROM gold.web_commission_by_operator;
COMMENT ON VIEW candidate.solution_1_operators_daily IS 'ad8e6572f87a60eebd3ecd47e3e9bae3';
CREATE TABLE gold.solution_1_operators_daily (
    marketing_source text NOT NULL,
    date date NOT NULL,
    operator text NOT NULL,
    commission numeric(24,2) NOT NULL
);
CREATE VIEW candidate.solution_1_operators_monthly AS
 SELECT operator,
    (date_trunc('month'::text, (date)::timestamp with time zone))::date AS month,
    (sum(commission))::numeric(24,2) AS total_commission
   FROM gold.solution_1_operators_daily
  GROUP BY operator, ((date_trunc('month'::text, (date)::timestamp with time zone))::date);
COMMENT ON VIEW candidate.solution_1_operators_monthly IS 'f5613643bf8f288f08fecad7bb816521';
CREATE TABLE gold.scraper_commission_daily (
    date date NOT NULL,
    marketing_source text NOT NULL,
    raw_earnings numeric NOT NULL,
    visits bigint NOT NULL,
    clicks bigint NOT NULL,
    is_estimated boolean NOT NULL,
    is_baseline boolean NOT NULL,
    formula text,
    total_commission numeric(24,2) NOT NULL
);
CREATE VIEW candidate.solution_2_marketing_daily AS
 SELECT marketing_source,
    date,
    raw_earnings,
    visits,
    clicks,
    is_estimated,
    is_baseline,
    total_commission
   FROM gold.scraper_commission_daily;
COMMENT ON VIEW candidate.solution_2_marketing_daily IS '2e06cb473797174730e8993a0b5bfc22';
CREATE TABLE gold.scraper_commission_by_operator (
    date date NOT NULL,
    marketing_source text NOT NULL,
    operator text NOT NULL,
    commission numeric(24,2) NOT NULL
);
CREATE VIEW candidate.solution_2_operators_daily AS
 SELECT marketing_source,
    date,
    operator,
    commission
   FROM gold.scraper_commission_by_operator;
COMMENT ON VIEW candidate.solution_2_operators_daily IS '977da832fa3d51998dab08dfe996e212';
CREATE TABLE gold.solution_2_operators_daily (
    marketing_source text NOT NULL,
    date date NOT NULL,
    operator text NOT NULL,
    commission numeric(24,2) NOT NULL
);
CREATE VIEW candidate.solution_2_operators_monthly AS
 SELECT operator,
    (date_trunc('month'::text, (date)::timestamp with time zone))::date AS month,
    (sum(commission))::numeric(24,2) AS total_commission
   FROM gold.solution_2_operators_daily
  GROUP BY operator, ((date_trunc('month'::text, (date)::timestamp with time zone))::date);
COMMENT ON VIEW candidate.solution_2_operators_monthly IS '25fb51b36efb65c25c4be7f16194963f';
CREATE TABLE gold.solution_1_marketing_daily (
    marketing_source text NOT NULL,
    date date NOT NULL,
    raw_earnings numeric NOT NULL,
    visits bigint NOT NULL,
    signups bigint NOT NULL,
    clicks bigint NOT NULL,
    total_commission numeric(24,2) NOT NULL
);
CREATE TABLE gold.solution_2_marketing_daily (
    marketing_source text NOT NULL,
    date date NOT NULL,
    raw_earnings numeric NOT NULL,
    visits bigint NOT NULL,
    clicks bigint NOT NULL,
    is_estimated boolean NOT NULL,
    is_baseline boolean NOT NULL,
    total_commission numeric(24,2) NOT NULL
);
CREATE VIEW candidate.solution_3_marketing_daily AS
 WITH both_parts AS (
         SELECT solution_1_marketing_daily.marketing_source,
            solution_1_marketing_daily.date,
            solution_1_marketing_daily.total_commission
           FROM gold.solution_1_marketing_daily
        UNION ALL
         SELECT solution_2_marketing_daily.marketing_source,
            solution_2_marketing_daily.date,
            solution_2_marketing_daily.total_commission
           FROM gold.solution_2_marketing_daily
        )
 SELECT marketing_source,
    date,
    (sum(total_commission))::numeric(24,2) AS total_commission
   FROM both_parts
  GROUP BY marketing_source, date;
COMMENT ON VIEW candidate.solution_3_marketing_daily IS '5061222a96d45d19be5f700eb4580173';
CREATE TABLE gold.solution_1_operators_monthly (
    operator text NOT NULL,
    month date NOT NULL,
    total_commission numeric(24,2) NOT NULL
);
CREATE TABLE gold.solution_2_operators_monthly (
    operator text NOT NULL,
    month date NOT NULL,
    total_commission numeric(24,2) NOT NULL
);
CREATE VIEW candidate.solution_3_operators_monthly AS
 WITH both_parts AS (
         SELECT solution_1_operators_monthly.operator,
            solution_1_operators_monthly.month,
            solution_1_operators_monthly.total_commission
           FROM gold.solution_1_operators_monthly
        UNION ALL
         SELECT solution_2_operators_monthly.operator,
            solution_2_operators_monthly.month,
            solution_2_operators_monthly.total_commission
           FROM gold.solution_2_operators_monthly
        )
 SELECT operator,
    month,
    (sum(total_commission))::numeric(24,2) AS total_commission
   FROM both_parts
  GROUP BY operator, month;
COMMENT ON VIEW candidate.solution_3_operators_monthly IS '70060158080019f64f099c43ed3ef610';
CREATE VIEW gold.dim_calendar AS
 WITH days_with_files AS (
         SELECT min(files.day) AS first_day,
            max(files.day) AS last_day
           FROM bronze.files
          WHERE ((files.status = 'loaded'::text) AND (files.superseded_at IS NULL))
        ), days AS (
         SELECT (day.day)::date AS date
           FROM (days_with_files
             CROSS JOIN LATERAL generate_series(date_trunc('month'::text, (days_with_files.first_day)::timestamp without time zone), (date_trunc('month'::text, (days_with_files.last_day)::timestamp without time zone) + '1 mon -1 days'::interval), '1 day'::interval) day(day))
        ), final AS (
         SELECT days.date,
            (EXTRACT(year FROM days.date))::integer AS year,
            (EXTRACT(quarter FROM days.date))::integer AS quarter,
            (date_trunc('month'::text, (days.date)::timestamp with time zone))::date AS month,
            (EXTRACT(isoyear FROM days.date))::integer AS iso_year,
            (EXTRACT(week FROM days.date))::integer AS iso_week,
            (EXTRACT(isodow FROM days.date))::integer AS iso_weekday,
            (EXTRACT(isodow FROM days.date) = ANY (ARRAY[(6)::numeric, (7)::numeric])) AS is_weekend
           FROM days
        )
 SELECT date,
    year,
    quarter,
    month,
    iso_year,
    iso_week,
    iso_weekday,
    is_weekend
   FROM final;
COMMENT ON VIEW gold.dim_calendar IS 'be4cbd62ccd4c623bc7f875f35bef72b';
CREATE TABLE gold.published_days (
    part integer NOT NULL,
    date date NOT NULL,
    inputs jsonb NOT NULL,
    run_id text NOT NULL,
    first_published_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    published_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
COMMENT ON TABLE gold.published_days IS 'What the solution marts show: one row per part and day published, with the file versions it was computed from. A day may be published without rows.';
CREATE TABLE gold.solution_3_marketing_daily (
    marketing_source text NOT NULL,
    date date NOT NULL,
    total_commission numeric(24,2) NOT NULL
);
CREATE TABLE gold.solution_3_operators_monthly (
    operator text NOT NULL,
    month date NOT NULL,
    total_commission numeric(24,2) NOT NULL
);
CREATE VIEW gold.mart_violations AS
 WITH marketing_daily_1 AS (
         SELECT solution_1_marketing_daily.marketing_source,
            solution_1_marketing_daily.date,
            solution_1_marketing_daily.raw_earnings,
            solution_1_marketing_daily.visits,
            solution_1_marketing_daily.signups,
            solution_1_marketing_daily.clicks,
            solution_1_marketing_daily.total_commission
           FROM gold.solution_1_marketing_daily
        ), operators_monthly_1 AS (
         SELECT solution_1_operators_monthly.operator,
            solution_1_operators_monthly.month,
            solution_1_operators_monthly.total_commission
           FROM gold.solution_1_operators_monthly
        ), source_months_1 AS (
         SELECT (date_trunc('month'::text, (marketing_daily_1.date)::timestamp without time zone))::date AS month,
            sum(marketing_daily_1.total_commission) AS total
           FROM marketing_daily_1
          GROUP BY ((date_trunc('month'::text, (marketing_daily_1.date)::timestamp without time zone))::date)
        ), operator_months_1 AS (
         SELECT operators_monthly_1.month,
            sum(operators_monthly_1.total_commission) AS total
           FROM operators_monthly_1
          GROUP BY operators_monthly_1.month
        ), months_of_part_1 AS (
         SELECT 'operators of a month add up to its sources'::text AS rule,
            'solution_1_operators_monthly'::text AS mart,
            ''::text AS key,
            COALESCE(source_months_1.month, operator_months_1.month) AS period,
            source_months_1.total AS expected,
            operator_months_1.total AS found
           FROM (source_months_1
             FULL JOIN operator_months_1 ON ((source_months_1.month = operator_months_1.month)))
          WHERE (source_months_1.total IS DISTINCT FROM operator_months_1.total)
        ), days_of_part_1 AS (
         SELECT 'a source has commission on published days only'::text AS rule,
            'solution_1_marketing_daily'::text AS mart,
            marketing_daily_1.marketing_source AS key,
            marketing_daily_1.date AS period,
            NULL::numeric AS expected,
            marketing_daily_1.total_commission AS found
           FROM (marketing_daily_1
             LEFT JOIN gold.published_days published_days ON (((marketing_daily_1.date = published_days.date) AND (published_days.part = 1))))
          WHERE (published_days.date IS NULL)
        ), marketing_daily_2 AS (
         SELECT solution_2_marketing_daily.marketing_source,
            solution_2_marketing_daily.date,
            solution_2_marketing_daily.raw_earnings,
            solution_2_marketing_daily.visits,
            solution_2_marketing_daily.clicks,
            solution_2_marketing_daily.is_estimated,
            solution_2_marketing_daily.is_baseline,
            solution_2_marketing_daily.total_commission
           FROM gold.solution_2_marketing_daily
        ), operators_monthly_2 AS (
         SELECT solution_2_operators_monthly.operator,
            solution_2_operators_monthly.month,
            solution_2_operators_monthly.total_commission
           FROM gold.solution_2_operators_monthly
        ), source_months_2 AS (
         SELECT (date_trunc('month'::text, (marketing_daily_2.date)::timestamp without time zone))::date AS month,
            sum(marketing_daily_2.total_commission) AS total
           FROM marketing_daily_2
          GROUP BY ((date_trunc('month'::text, (marketing_daily_2.date)::timestamp without time zone))::date)
        ), operator_months_2 AS (
         SELECT operators_monthly_2.month,
            sum(operators_monthly_2.total_commission) AS total
           FROM operators_monthly_2
          GROUP BY operators_monthly_2.month
        ), months_of_part_2 AS (
         SELECT 'operators of a month add up to its sources'::text AS rule,
            'solution_2_operators_monthly'::text AS mart,
            ''::text AS key,
            COALESCE(source_months_2.month, operator_months_2.month) AS period,
            source_months_2.total AS expected,
            operator_months_2.total AS found
           FROM (source_months_2
             FULL JOIN operator_months_2 ON ((source_months_2.month = operator_months_2.month)))
          WHERE (source_months_2.total IS DISTINCT FROM operator_months_2.total)
        ), days_of_part_2 AS (
         SELECT 'a source has commission on published days only'::text AS rule,
            'solution_2_marketing_daily'::text AS mart,
            marketing_daily_2.marketing_source AS key,
            marketing_daily_2.date AS period,
            NULL::numeric AS expected,
            marketing_daily_2.total_commission AS found
           FROM (marketing_daily_2
             LEFT JOIN gold.published_days published_days ON (((marketing_daily_2.date = published_days.date) AND (published_days.part = 2))))
          WHERE (published_days.date IS NULL)
        ), marketing_daily_3 AS (
         SELECT solution_3_marketing_daily.marketing_source,
            solution_3_marketing_daily.date,
            solution_3_marketing_daily.total_commission
           FROM gold.solution_3_marketing_daily
        ), operators_monthly_3 AS (
         SELECT solution_3_operators_monthly.operator,
            solution_3_operators_monthly.month,
            solution_3_operators_monthly.total_commission
           FROM gold.solution_3_operators_monthly
        ), both_dailies AS (
         SELECT marketing_daily_1.marketing_source,
            marketing_daily_1.date,
            marketing_daily_1.total_commission
           FROM marketing_daily_1
        UNION ALL
         SELECT marketing_daily_2.marketing_source,
            marketing_daily_2.date,
            marketing_daily_2.total_commission
           FROM marketing_daily_2
        ), daily_sums AS (
         SELECT both_dailies.marketing_source,
            both_dailies.date,
            sum(both_dailies.total_commission) AS total
           FROM both_dailies
          GROUP BY both_dailies.marketing_source, both_dailies.date
        ), both_monthlies AS (
         SELECT operators_monthly_1.operator,
            operators_monthly_1.month,
            operators_monthly_1.total_commission
           FROM operators_monthly_1
        UNION ALL
         SELECT operators_monthly_2.operator,
            operators_monthly_2.month,
            operators_monthly_2.total_commission
           FROM operators_monthly_2
        ), monthly_sums AS (
         SELECT both_monthlies.operator,
            both_monthlies.month,
            sum(both_monthlies.total_commission) AS total
           FROM both_monthlies
          GROUP BY both_monthlies.operator, both_monthlies.month
        ), days_of_part_3 AS (
         SELECT 'part 3 is the sum of parts 1 and 2'::text AS rule,
            'solution_3_marketing_daily'::text AS mart,
            COALESCE(daily_sums.marketing_source, marketing_daily_3.marketing_source) AS key,
            COALESCE(daily_sums.date, marketing_daily_3.date) AS period,
            daily_sums.total AS expected,
            marketing_daily_3.total_commission AS found
           FROM (daily_sums
             FULL JOIN marketing_daily_3 ON (((daily_sums.marketing_source = marketing_daily_3.marketing_source) AND (daily_sums.date = marketing_daily_3.date))))
          WHERE (daily_sums.total IS DISTINCT FROM marketing_daily_3.total_commission)
        ), months_of_part_3 AS (
         SELECT 'part 3 is the sum of parts 1 and 2'::text AS rule,
            'solution_3_operators_monthly'::text AS mart,
            COALESCE(monthly_sums.operator, operators_monthly_3.operator) AS key,
            COALESCE(monthly_sums.month, operators_monthly_3.month) AS period,
            monthly_sums.total AS expected,
            operators_monthly_3.total_commission AS found
           FROM (monthly_sums
             FULL JOIN operators_monthly_3 ON (((monthly_sums.operator = operators_monthly_3.operator) AND (monthly_sums.month = operators_monthly_3.month))))
          WHERE (monthly_sums.total IS DISTINCT FROM operators_monthly_3.total_commission)
        ), violations AS (
         SELECT months_of_part_1.rule,
            months_of_part_1.mart,
            months_of_part_1.key,
            months_of_part_1.period,
            months_of_part_1.expected,
            months_of_part_1.found
           FROM months_of_part_1
        UNION ALL
         SELECT days_of_part_1.rule,
            days_of_part_1.mart,
            days_of_part_1.key,
            days_of_part_1.period,
            days_of_part_1.expected,
            days_of_part_1.found
           FROM days_of_part_1
        UNION ALL
         SELECT months_of_part_2.rule,
            months_of_part_2.mart,
            months_of_part_2.key,
            months_of_part_2.period,
            months_of_part_2.expected,
            months_of_part_2.found
           FROM months_of_part_2
        UNION ALL
         SELECT days_of_part_2.rule,
            days_of_part_2.mart,
            days_of_part_2.key,
            days_of_part_2.period,
            days_of_part_2.expected,
            days_of_part_2.found
           FROM days_of_part_2
        UNION ALL
         SELECT days_of_part_3.rule,
            days_of_part_3.mart,
            days_of_part_3.key,
            days_of_part_3.period,
            days_of_part_3.expected,
            days_of_part_3.found
           FROM days_of_part_3
        UNION ALL
         SELECT months_of_part_3.rule,
            months_of_part_3.mart,
            months_of_part_3.key,
            months_of_part_3.period,
            months_of_part_3.expected,
            months_of_part_3.found
           FROM months_of_part_3
        ), final AS (
         SELECT violations.rule,
            violations.mart,
            violations.key,
            violations.period,
            (violations.expected)::numeric(24,2) AS expected,
            (violations.found)::numeric(24,2) AS found
           FROM violations
        )
 SELECT rule,
    mart,
    key,
    period,
    expected,
    found
   FROM final;
COMMENT ON VIEW gold.mart_violations IS 'd1625d4de017b2ec7f0f5676a1970c5b';
CREATE TABLE silver.clicks_daily (
    date date NOT NULL,
    marketing_source text NOT NULL,
    clicks bigint NOT NULL
);
CREATE TABLE silver.country (
    country text NOT NULL
);
CREATE TABLE silver.deals (
    marketing_source text NOT NULL,
    is_default boolean NOT NULL,
    deal text,
    formula text NOT NULL,
    in_force_from date NOT NULL,
    in_force_until date NOT NULL,
    per_raw_earnings numeric NOT NULL,
    per_click numeric NOT NULL,
    per_visit numeric NOT NULL,
    per_signup numeric NOT NULL,
    fixed numeric NOT NULL,
    denominator numeric NOT NULL,
    label_contradicts boolean NOT NULL
);
CREATE TABLE silver.marketing_sources (
    marketing_source text NOT NULL,
    has_traffic boolean NOT NULL,
    has_scrapers boolean NOT NULL,
    has_own_terms boolean NOT NULL,
    has_brands boolean NOT NULL
);
CREATE TABLE silver.operator_variants (
    name_key text NOT NULL,
    operator text NOT NULL,
    country text,
    is_variant boolean NOT NULL
);
CREATE TABLE silver.operators (
    operator text NOT NULL,
    country text,
    is_mapped boolean NOT NULL
);
CREATE TABLE silver.scraper_increases (
    date date NOT NULL,
    marketing_source text NOT NULL,
    operator text NOT NULL,
    country text NOT NULL,
    earnings numeric NOT NULL,
    visits bigint NOT NULL,
    is_baseline boolean NOT NULL,
    is_estimated boolean NOT NULL,
    earnings_went_back boolean NOT NULL,
    visits_went_back boolean NOT NULL,
    observed_on date NOT NULL,
    previously_observed_on date
);
CREATE VIEW silver.part_days AS
 WITH part_sources AS (
         SELECT part_sources.source,
            part_sources.kind,
            part_sources.part,
            part_sources.is_required
           FROM bronze.part_sources
        ), files AS (
         SELECT files.load_id,
            files.source,
            files.file,
            files.day,
            files.sha256,
            files.rows_read,
            files.rows_loaded,
            files.rows_quarantined,
            files.extra_columns,
            files.status,
            files.reason,
            files.judged_by,
            files.archived_as,
            files.recorded_at,
            files.run_id,
            files.superseded_at
           FROM bronze.files
          WHERE ((files.status = 'loaded'::text) AND (files.superseded_at IS NULL))
        ), days AS (
         SELECT DISTINCT part_sources.part,
            files.day AS date
           FROM (files
             JOIN part_sources ON ((files.source = part_sources.source)))
          WHERE (part_sources.kind = 'event'::text)
        ), missing AS (
         SELECT days.part,
            days.date,
            part_sources.source
           FROM ((days
             JOIN part_sources ON (((days.part = part_sources.part) AND (part_sources.kind = 'event'::text) AND part_sources.is_required)))
             LEFT JOIN files ON (((part_sources.source = files.source) AND (days.date = files.day))))
          WHERE ((files.load_id IS NULL) AND (NOT ((part_sources.source = 'scrapers'::text) AND (EXISTS ( SELECT 1
                   FROM silver.scraper_increases increases
                  WHERE ((increases.date = days.date) AND increases.is_estimated))))))
        UNION ALL
         SELECT days.part,
            days.date,
            part_sources.source
           FROM (days
             JOIN part_sources ON (((days.part = part_sources.part) AND (part_sources.kind = 'dimension'::text) AND part_sources.is_required)))
          WHERE (NOT (EXISTS ( SELECT 1
                   FROM files
                  WHERE (files.source = part_sources.source))))
        ), final AS (
         SELECT days.part,
            days.date,
            COALESCE(array_agg(missing.source ORDER BY missing.source) FILTER (WHERE (missing.source IS NOT NULL)), '{}'::text[]) AS waiting_for
           FROM (days
             LEFT JOIN missing ON (((days.part = missing.part) AND (days.date = missing.date))))
          GROUP BY days.part, days.date
        )
 SELECT part,
    date,
    waiting_for
   FROM final;
COMMENT ON VIEW silver.part_days IS 'da8d0154e91567c9558695507167ee0a';
CREATE VIEW silver.stg_manual AS
 WITH manual AS (
         SELECT manual.date,
            manual.marketing_source,
            manual.operator,
            manual.operator_key,
            manual.raw_earnings,
            manual.visits,
            manual.signups,
            manual._source,
            manual._file,
            manual._line,
            manual._load_id,
            manual._day
           FROM bronze.manual
        ), final AS (
         SELECT manual._load_id AS load_id,
            manual._line AS line,
            manual._day AS date,
            manual.date AS occurred_at,
            manual.marketing_source,
            manual.operator AS operator_name,
            manual.operator_key,
            COALESCE(manual.raw_earnings, (0)::numeric) AS raw_earnings,
            COALESCE(manual.visits, (0)::bigint) AS visits,
            COALESCE(manual.signups, (0)::bigint) AS signups
           FROM manual
        )
 SELECT load_id,
    line,
    date,
    occurred_at,
    marketing_source,
    operator_name,
    operator_key,
    raw_earnings,
    visits,
    signups
   FROM final;
COMMENT ON VIEW silver.stg_manual IS 'c61c62e5a7d3e2c6a05f83112d70d21f';
CREATE VIEW silver.stg_routy AS
 WITH routy AS (
         SELECT routy.date,
            routy.marketing_source,
            routy.operator,
            routy.operator_key,
            routy.country,
            routy.country_code,
            routy.raw_earnings,
            routy.visits,
            routy.signups,
            routy._source,
            routy._file,
            routy._line,
            routy._load_id,
            routy._day
           FROM bronze.routy
        ), final AS (
         SELECT routy._load_id AS load_id,
            routy._line AS line,
            routy._day AS date,
            routy.date AS occurred_at,
            routy.marketing_source,
            routy.operator AS operator_name,
            routy.operator_key,
            COALESCE(routy.country_code, routy.country) AS country,
            COALESCE(routy.raw_earnings, (0)::numeric) AS raw_earnings,
            COALESCE(routy.visits, (0)::bigint) AS visits,
            COALESCE(routy.signups, (0)::bigint) AS signups
           FROM routy
        )
 SELECT load_id,
    line,
    date,
    occurred_at,
    marketing_source,
    operator_name,
    operator_key,
    country,
    raw_earnings,
    visits,
    signups
   FROM final;
COMMENT ON VIEW silver.stg_routy IS 'bae04349fc0f22af22bacb8bf169e0f2';
CREATE VIEW silver.stg_scrapers AS
 WITH scrapers AS (
         SELECT scrapers.date,
            scrapers.marketing_source,
            scrapers.operator,
            scrapers.operator_key,
            scrapers.country,
            scrapers.total_earnings,
            scrapers.visits,
            scrapers._source,
            scrapers._file,
            scrapers._line,
            scrapers._load_id,
            scrapers._day
           FROM bronze.scrapers
        ), final AS (
         SELECT scrapers._load_id AS load_id,
            scrapers._line AS line,
            scrapers._day AS date,
            scrapers.date AS occurred_at,
            scrapers.marketing_source,
            scrapers.operator AS operator_name,
            scrapers.operator_key,
            scrapers.country,
            scrapers.total_earnings,
            scrapers.visits
           FROM scrapers
        )
 SELECT load_id,
    line,
    date,
    occurred_at,
    marketing_source,
    operator_name,
    operator_key,
    country,
    total_earnings,
    visits
   FROM final;
COMMENT ON VIEW silver.stg_scrapers IS 'abcac61d83f83923a02a603caef4a816';
CREATE VIEW silver.stg_voluum AS
 WITH voluum AS (
         SELECT voluum.date,
            voluum.voluum_brand,
            voluum.voluum_brand_key,
            voluum.clicks,
            voluum._source,
            voluum._file,
            voluum._line,
            voluum._load_id,
            voluum._day
           FROM bronze.voluum
        ), final AS (
         SELECT voluum._load_id AS load_id,
            voluum._line AS line,
            voluum._day AS date,
            voluum.date AS occurred_at,
            voluum.voluum_brand,
            voluum.voluum_brand_key,
            COALESCE(voluum.clicks, (0)::bigint) AS clicks
           FROM voluum
        )
 SELECT load_id,
    line,
    date,
    occurred_at,
    voluum_brand,
    voluum_brand_key,
    clicks
   FROM final;
COMMENT ON VIEW silver.stg_voluum IS '0d4521b3e92f7b696a9715cd93342166';
CREATE TABLE silver.traffic_events (
    source text NOT NULL,
    load_id bigint NOT NULL,
    line bigint NOT NULL,
    date date NOT NULL,
    occurred_at timestamp without time zone NOT NULL,
    marketing_source text NOT NULL,
    operator text NOT NULL,
    operator_name text NOT NULL,
    country text,
    raw_earnings numeric NOT NULL,
    visits bigint NOT NULL,
    signups bigint NOT NULL
);
CREATE TABLE silver.voluum_brands (
    voluum_brand_key text NOT NULL,
    voluum_brand text NOT NULL,
    marketing_source text NOT NULL
);
INSERT INTO bronze.calculations VALUES
	(1, '2025-01-29', '{"deals": 2, "routy": 6, "manual": 4, "voluum": 15, "voluum_mapper": 3, "central_mapping": 1}', '84f7b2ce-aef0-4181-861d-2e9c47e652c5', '2026-11-25 04:31:02.849926+00', '2026-11-25 04:31:16.135723+00', '2026-11-25 04:31:17.163208+00', '{}'),
	(1, '2025-01-30', '{"deals": 2, "routy": 7, "voluum": 16, "voluum_mapper": 3, "central_mapping": 1}', '84f7b2ce-aef0-4181-861d-2e9c47e652c5', '2026-11-25 04:31:02.850053+00', '2026-11-25 04:31:16.13574+00', '2026-11-25 04:31:17.163355+00', '{}'),
	(1, '2025-01-31', '{"deals": 2, "routy": 8, "voluum": 17, "voluum_mapper": 3, "central_mapping": 1}', '84f7b2ce-aef0-4181-861d-2e9c47e652c5', '2026-11-25 04:31:02.85006+00', '2026-11-25 04:31:16.135742+00', '2026-11-25 04:31:17.163489+00', '{}'),
	(1, '2025-02-01', '{"deals": 2, "routy": 9, "manual": 5, "voluum": 18, "voluum_mapper": 3, "central_mapping": 1}', '84f7b2ce-aef0-4181-861d-2e9c47e652c5', '2026-11-25 04:31:02.850066+00', '2026-11-25 04:31:16.135744+00', '2026-11-25 04:31:17.163621+00', '{}'),
	(1, '2025-02-02', '{"deals": 2, "routy": 10, "voluum": 19, "voluum_mapper": 3, "central_mapping": 1}', '84f7b2ce-aef0-4181-861d-2e9c47e652c5', '2026-11-25 04:31:02.850071+00', '2026-11-25 04:31:16.135745+00', '2026-11-25 04:31:17.163752+00', '{}'),
	(2, '2025-01-29', '{"deals": 2, "voluum": 15, "scrapers": 11, "voluum_mapper": 3, "central_mapping": 1}', '84f7b2ce-aef0-4181-861d-2e9c47e652c5', '2026-11-25 04:31:02.850075+00', '2026-11-25 04:31:16.135746+00', '2026-11-25 04:31:17.191496+00', '{}'),
	(2, '2025-01-30', '{"deals": 2, "voluum": 16, "scrapers": 12, "voluum_mapper": 3, "central_mapping": 1}', '84f7b2ce-aef0-4181-861d-2e9c47e652c5', '2026-11-25 04:31:02.85008+00', '2026-11-25 04:31:16.135747+00', '2026-11-25 04:31:17.191627+00', '{}'),
	(2, '2025-01-31', '{"deals": 2, "voluum": 17, "voluum_mapper": 3, "central_mapping": 1}', '84f7b2ce-aef0-4181-861d-2e9c47e652c5', '2026-11-25 04:31:02.850084+00', '2026-11-25 04:31:16.135749+00', '2026-11-25 04:31:17.191751+00', '{}'),
	(2, '2025-02-01', '{"deals": 2, "voluum": 18, "scrapers": 13, "voluum_mapper": 3, "central_mapping": 1}', '84f7b2ce-aef0-4181-861d-2e9c47e652c5', '2026-11-25 04:31:02.850089+00', '2026-11-25 04:31:16.13575+00', '2026-11-25 04:31:17.191898+00', '{}'),
	(2, '2025-02-02', '{"deals": 2, "voluum": 19, "scrapers": 14, "voluum_mapper": 3, "central_mapping": 1}', '84f7b2ce-aef0-4181-861d-2e9c47e652c5', '2026-11-25 04:31:02.850093+00', '2026-11-25 04:31:16.135751+00', '2026-11-25 04:31:17.19202+00', '{}');
INSERT INTO bronze.central_mapping VALUES
	('Harborbet NJ', 'harborbet nj', 'HarborbetLOLUS', 'harborbetlolus', 'US', 'Harborbet US', 'harborbet us', 'central_mapping', 'central_mapping.csv', 2, 1),
	('harborbet pa', 'harborbet pa', 'HarborbetLOLUS', 'harborbetlolus', 'US', 'Harborbet US', 'harborbet us', 'central_mapping', 'central_mapping.csv', 3, 1),
	('Casino Lune', 'casino lune', 'LUNEFR', 'lunefr', 'FR', 'LUNEFR', 'lunefr', 'central_mapping', 'central_mapping.csv', 4, 1),
	('Nordspin', 'nordspin', 'NordspinLOLSE', 'nordspinlolse', 'SE', 'Nordspin SE', 'nordspin se', 'central_mapping', 'central_mapping.csv', 5, 1),
	('Golden Reef', 'golden reef', 'REEF_LOL', 'reef_lol', 'AU', 'REEF_LOL', 'reef_lol', 'central_mapping', 'central_mapping.csv', 6, 1);
INSERT INTO bronze.deals VALUES
	('SEARCH-US', 'PPC', 'total commision= raw_earnings + clicks*2', NULL, false, 1, 2, 0, 0, 0, 1, false, 'deals', 'deals.csv', 2, 2),
	('BLOG-FR', 'FIXED 50', 'total commision= raw_earnings + 50', NULL, false, 1, 0, 0, 0, 50, 1, false, 'deals', 'deals.csv', 3, 2),
	('BLOG-FR', 'FIXED 80', 'total commision= raw_earnings + 80', '2025-02-01', false, 1, 0, 0, 0, 80, 1, false, 'deals', 'deals.csv', 4, 2),
	('NEWS-SE', 'Hybrid 20', 'total commission = raw_earnings + 20 + clicks', NULL, false, 1, 1, 0, 0, 20, 1, false, 'deals', 'deals.csv', 5, 2),
	('VIDEO-US', 'FIXED 10', 'total commision= raw_earnings + 10 + clicks', NULL, false, 1, 1, 0, 0, 10, 1, true, 'deals', 'deals.csv', 6, 2),
	('CPA-AU', 'CPA', 'total commision= signups*25', NULL, false, 0, 0, 0, 25, 0, 1, false, 'deals', 'deals.csv', 7, 2),
	('THIRD-AU', 'Share', 'total commision= raw_earnings/3', NULL, false, 1, 0, 0, 0, 0, 3, false, 'deals', 'deals.csv', 8, 2),
	('Default', 'FIXED 0', 'total commision= raw_earnings', NULL, true, 1, 0, 0, 0, 0, 1, false, 'deals', 'deals.csv', 9, 2);
INSERT INTO bronze.files OVERRIDING SYSTEM VALUE VALUES
	(1, 'central_mapping', 'central_mapping.csv', NULL, 'a61a0c3f6ed75b2d4b0ab4404ed99561c6597829c02a1b770c3cf6cd49af1d97', 5, 5, 0, '{}', 'loaded', NULL, 'c0d5581fc28699b93ba7f8a6f7aa7d938cd6a95426ce9c20de4d76850ae069ee', 'central_mapping/central_mapping.20261125T043046.386317Z.a61a0c3f6ed7.csv', '2026-11-25 04:30:46.389118+00', '095cfcec-741b-42d5-91c9-71bfc6bbf47e', NULL),
	(2, 'deals', 'deals.csv', NULL, '4ce927219e602f3611e1a238006c9a106ae2b54fdde378311b2b0275ff0d0086', 8, 8, 0, '{}', 'loaded', NULL, 'c0d5581fc28699b93ba7f8a6f7aa7d938cd6a95426ce9c20de4d76850ae069ee', 'deals/deals.20261125T043046.564587Z.4ce927219e60.csv', '2026-11-25 04:30:46.570189+00', '095cfcec-741b-42d5-91c9-71bfc6bbf47e', NULL),
	(3, 'voluum_mapper', 'voluum_mapper.csv', NULL, '7090e5170252cfcf10f08c3fea9e834ebb8f66722eff0b97931f0c5afd55fa41', 5, 5, 0, '{}', 'loaded', NULL, 'c0d5581fc28699b93ba7f8a6f7aa7d938cd6a95426ce9c20de4d76850ae069ee', 'voluum_mapper/voluum_mapper.20261125T043046.732621Z.7090e5170252.csv', '2026-11-25 04:30:46.740218+00', '095cfcec-741b-42d5-91c9-71bfc6bbf47e', NULL),
	(4, 'manual', '2025-01-29.csv', '2025-01-29', '657ee9f655bd100abc898a6f72402976a8566a177e423339dac8cd9bddb3d6a5', 2, 2, 0, '{}', 'loaded', NULL, 'c0d5581fc28699b93ba7f8a6f7aa7d938cd6a95426ce9c20de4d76850ae069ee', 'manual/2025-01-29.20261125T043100.313368Z.657ee9f655bd.csv', '2026-11-25 04:31:00.315947+00', '84f7b2ce-aef0-4181-861d-2e9c47e652c5', NULL),
	(5, 'manual', '2025-02-01.csv', '2025-02-01', '556877cdff022e2626849cbcfb5d33c012fc05cff8a94c18186a67f2b1d6c0eb', 3, 3, 0, '{}', 'loaded', NULL, 'c0d5581fc28699b93ba7f8a6f7aa7d938cd6a95426ce9c20de4d76850ae069ee', 'manual/2025-02-01.20261125T043100.340496Z.556877cdff02.csv', '2026-11-25 04:31:00.343987+00', '84f7b2ce-aef0-4181-861d-2e9c47e652c5', NULL),
	(6, 'routy', '2025-01-29.csv', '2025-01-29', 'ec95d1eaeb0c4fdbb16cb59ee3a3e751f207f123a3c198fe202b707a4d20728f', 5, 5, 0, '{}', 'loaded', NULL, 'c0d5581fc28699b93ba7f8a6f7aa7d938cd6a95426ce9c20de4d76850ae069ee', 'routy/2025-01-29.20261125T043100.802294Z.ec95d1eaeb0c.csv', '2026-11-25 04:31:00.817047+00', '84f7b2ce-aef0-4181-861d-2e9c47e652c5', NULL),
	(7, 'routy', '2025-01-30.csv', '2025-01-30', 'b52a7871f071e23fe7838aea9e390232c911502bbb660d1efd658108f9fad91b', 9, 5, 4, '{}', 'loaded', NULL, 'c0d5581fc28699b93ba7f8a6f7aa7d938cd6a95426ce9c20de4d76850ae069ee', 'routy/2025-01-30.20261125T043100.880519Z.b52a7871f071.csv', '2026-11-25 04:31:00.882232+00', '84f7b2ce-aef0-4181-861d-2e9c47e652c5', NULL),
	(8, 'routy', '2025-01-31.csv', '2025-01-31', '85b7dc56ea47353c5a0657189a2f737be16b551f9d693b2bed42f2e28dfa258c', 3, 3, 0, '{}', 'loaded', NULL, 'c0d5581fc28699b93ba7f8a6f7aa7d938cd6a95426ce9c20de4d76850ae069ee', 'routy/2025-01-31.20261125T043100.907495Z.85b7dc56ea47.csv', '2026-11-25 04:31:00.909419+00', '84f7b2ce-aef0-4181-861d-2e9c47e652c5', NULL),
	(9, 'routy', '2025-02-01.csv', '2025-02-01', '350bcea31018f437fb6436de3a554175e68b9c4547bfeb34a30799078c12bb09', 5, 3, 2, '{}', 'loaded', NULL, 'c0d5581fc28699b93ba7f8a6f7aa7d938cd6a95426ce9c20de4d76850ae069ee', 'routy/2025-02-01.20261125T043100.937629Z.350bcea31018.csv', '2026-11-25 04:31:00.939501+00', '84f7b2ce-aef0-4181-861d-2e9c47e652c5', NULL),
	(10, 'routy', '2025-02-02.csv', '2025-02-02', '28b7358659e1a95de3e5d68ffc3055b69bff3fd64c13a8c3da930747c44ea97e', 5, 5, 0, '{}', 'loaded', NULL, 'c0d5581fc28699b93ba7f8a6f7aa7d938cd6a95426ce9c20de4d76850ae069ee', 'routy/2025-02-02.20261125T043100.960210Z.28b7358659e1.csv', '2026-11-25 04:31:00.962143+00', '84f7b2ce-aef0-4181-861d-2e9c47e652c5', NULL),
	(11, 'scrapers', '2025-01-29.csv', '2025-01-29', '25f8a96ca43b9af8276d9a2c5cd69254eb271159d628eeffaebd8974c951344e', 4, 4, 0, '{}', 'loaded', NULL, 'c0d5581fc28699b93ba7f8a6f7aa7d938cd6a95426ce9c20de4d76850ae069ee', 'scrapers/2025-01-29.20261125T043101.433346Z.25f8a96ca43b.csv', '2026-11-25 04:31:01.438139+00', '84f7b2ce-aef0-4181-861d-2e9c47e652c5', NULL),
	(12, 'scrapers', '2025-01-30.csv', '2025-01-30', '66df488e8becb844df077376a8e0d71fb22daffcee28281eb8d354672bf75f2b', 4, 4, 0, '{}', 'loaded', NULL, 'c0d5581fc28699b93ba7f8a6f7aa7d938cd6a95426ce9c20de4d76850ae069ee', 'scrapers/2025-01-30.20261125T043101.475786Z.66df488e8bec.csv', '2026-11-25 04:31:01.486306+00', '84f7b2ce-aef0-4181-861d-2e9c47e652c5', NULL),
	(13, 'scrapers', '2025-02-01.csv', '2025-02-01', '015f99d9582f7f47a326489ace05fe85d0817b52cb7fad4e46d352293b828f83', 4, 3, 1, '{}', 'loaded', NULL, 'c0d5581fc28699b93ba7f8a6f7aa7d938cd6a95426ce9c20de4d76850ae069ee', 'scrapers/2025-02-01.20261125T043101.538783Z.015f99d9582f.csv', '2026-11-25 04:31:01.540679+00', '84f7b2ce-aef0-4181-861d-2e9c47e652c5', NULL),
	(14, 'scrapers', '2025-02-02.csv', '2025-02-02', 'fbb45181e2bd44c4e3ee4ca0f1f18ee788ead9415f50e8d9243b40ff2716a395', 4, 4, 0, '{}', 'loaded', NULL, 'c0d5581fc28699b93ba7f8a6f7aa7d938cd6a95426ce9c20de4d76850ae069ee', 'scrapers/2025-02-02.20261125T043101.565318Z.fbb45181e2bd.csv', '2026-11-25 04:31:01.569649+00', '84f7b2ce-aef0-4181-861d-2e9c47e652c5', NULL),
	(15, 'voluum', '2025-01-29.csv', '2025-01-29', 'b750fed1a6731108fb9e8fccb321ae30e704ef6a0ccb36ce311e628029f24843', 5, 5, 0, '{}', 'loaded', NULL, 'c0d5581fc28699b93ba7f8a6f7aa7d938cd6a95426ce9c20de4d76850ae069ee', 'voluum/2025-01-29.20261125T043102.013476Z.b750fed1a673.csv', '2026-11-25 04:31:02.032976+00', '84f7b2ce-aef0-4181-861d-2e9c47e652c5', NULL),
	(16, 'voluum', '2025-01-30.csv', '2025-01-30', '38cf5c8bacb87e6ea6d82e9592469d68b237767d6ee7fd0aa65f2c54a74c4a80', 3, 3, 0, '{}', 'loaded', NULL, 'c0d5581fc28699b93ba7f8a6f7aa7d938cd6a95426ce9c20de4d76850ae069ee', 'voluum/2025-01-30.20261125T043102.047586Z.38cf5c8bacb8.csv', '2026-11-25 04:31:02.049087+00', '84f7b2ce-aef0-4181-861d-2e9c47e652c5', NULL),
	(17, 'voluum', '2025-01-31.csv', '2025-01-31', '68a42011d4a680e06d08865ff3a5afade1ab396fb7446a30f1192887b6431bb2', 3, 3, 0, '{}', 'loaded', NULL, 'c0d5581fc28699b93ba7f8a6f7aa7d938cd6a95426ce9c20de4d76850ae069ee', 'voluum/2025-01-31.20261125T043102.063041Z.68a42011d4a6.csv', '2026-11-25 04:31:02.065684+00', '84f7b2ce-aef0-4181-861d-2e9c47e652c5', NULL),
	(18, 'voluum', '2025-02-01.csv', '2025-02-01', '76d01df9ed82d9f2a02260749e1ca12e7eac9b61c9c8d433ab069bb72fb679bd', 2, 2, 0, '{}', 'loaded', NULL, 'c0d5581fc28699b93ba7f8a6f7aa7d938cd6a95426ce9c20de4d76850ae069ee', 'voluum/2025-02-01.20261125T043102.080325Z.76d01df9ed82.csv', '2026-11-25 04:31:02.084519+00', '84f7b2ce-aef0-4181-861d-2e9c47e652c5', NULL),
	(19, 'voluum', '2025-02-02.csv', '2025-02-02', '310c42a17b04a6d7724a9dd14b773c003b364fe4d25ab73c0a1cc643e4923bb9', 1, 1, 0, '{}', 'loaded', NULL, 'c0d5581fc28699b93ba7f8a6f7aa7d938cd6a95426ce9c20de4d76850ae069ee', 'voluum/2025-02-02.20261125T043102.096839Z.310c42a17b04.csv', '2026-11-25 04:31:02.10059+00', '84f7b2ce-aef0-4181-861d-2e9c47e652c5', NULL);
INSERT INTO bronze.manual VALUES
	('2025-01-29 00:00:00', 'SEARCH-US', 'Casino Lune', 'casino lune', 20.000000000, 2, 0, 'manual', '2025-01-29.csv', 2, 4, '2025-01-29'),
	('2025-01-29 00:00:00', 'CPA-AU', 'Golden Reef', 'golden reef', 0.000000000, 5, 3, 'manual', '2025-01-29.csv', 3, 4, '2025-01-29'),
	('2025-02-01 00:00:00', 'SEARCH-US', 'Harborbet US', 'harborbet us', 7.500000000, 1, 0, 'manual', '2025-02-01.csv', 2, 5, '2025-02-01'),
	('2025-02-01 00:00:00', 'SEARCH-US', 'Nordspin', 'nordspin', -3.000000000, 0, 0, 'manual', '2025-02-01.csv', 3, 5, '2025-02-01'),
	('2025-02-01 00:00:00', 'CPA-AU', 'Golden Reef', 'golden reef', 0.000000000, 4, 1, 'manual', '2025-02-01.csv', 4, 5, '2025-02-01');
INSERT INTO bronze.prepared_models VALUES
	('b48db160df570122dad8817e81826d1d24021e9266ad129f251bfe678bc41acb', '2026-11-25 04:30:49.258838+00');
INSERT INTO bronze.quarantine VALUES
	(7, 'routy', '2025-01-30.csv', '2025-01-30', 4, '2025-01-30 00:00:00,SEARCH-US,Pixel Palace,United States,US,25,6,1', NULL, NULL, 'duplicate', 'The row repeats line 3, so it counts once: delete it, or set its time apart if both are meant.', '{"date": "2025-01-30 00:00:00", "visits": "6", "country": "United States", "signups": "1", "operator": "Pixel Palace", "country_code": "US", "operator_key": "pixel palace", "raw_earnings": "25", "marketing_source": "SEARCH-US"}', '2026-11-25 04:31:00.888106+00', NULL),
	(7, 'routy', '2025-01-30.csv', '2025-01-30', 5, '2025-01-30 00:00:00,BLOG-FR,Casino Lune,FR,NULL,"1,050.00",9,2', 'raw_earnings', '1,050.00', 'not_a_decimal', 'raw_earnings `1,050.00` is no plain decimal: write it like -1234.56, without currency, exponent or separators of thousands.', '{"date": "2025-01-30 00:00:00", "visits": "9", "country": "FR", "signups": "2", "operator": "Casino Lune", "country_code": null, "operator_key": "casino lune", "raw_earnings": "1,050.00", "marketing_source": "BLOG-FR"}', '2026-11-25 04:31:00.888256+00', NULL),
	(7, 'routy', '2025-01-30.csv', '2025-01-30', 6, '2025-01-30 00:00:00,NEWS-SE,Nordspin,SE', NULL, NULL, 'field_count', 'The line has 4 instead of 8 fields: give every column its field, and quote a value with a comma in it.', NULL, '2026-11-25 04:31:00.888262+00', NULL),
	(7, 'routy', '2025-01-30.csv', '2025-01-30', 7, '2025-01-31 00:00:00,THIRD-AU,Golden Reef,Australia,AU,40,2,0', 'date', '2025-01-31 00:00:00', 'date_outside_day', 'date `2025-01-31 00:00:00` is not on the file''s day: correct it, or land the row in the file of its day.', '{"date": "2025-01-31 00:00:00", "visits": "2", "country": "Australia", "signups": "0", "operator": "Golden Reef", "country_code": "AU", "operator_key": "golden reef", "raw_earnings": "40", "marketing_source": "THIRD-AU"}', '2026-11-25 04:31:00.888268+00', NULL),
	(9, 'routy', '2025-02-01.csv', '2025-02-01', 5, '2025-02-01 00:00:00,SEARCH-US,Harborbet NJ,United States,US,9,4,-1', 'signups', '-1', 'out_of_range', 'signups `-1` does not pass greater_than_or_equal_to(0): correct it.', '{"date": "2025-02-01 00:00:00", "visits": "4", "country": "United States", "signups": "-1", "operator": "Harborbet NJ", "country_code": "US", "operator_key": "harborbet nj", "raw_earnings": "9", "marketing_source": "SEARCH-US"}', '2026-11-25 04:31:00.941536+00', NULL),
	(9, 'routy', '2025-02-01.csv', '2025-02-01', 6, '2025-02-01 00:00:00,NULL,Harborbet NJ,United States,US,9,4,1', 'marketing_source', NULL, 'null_not_allowed', 'marketing_source is empty: fill it in.', '{"date": "2025-02-01 00:00:00", "visits": "4", "country": "United States", "signups": "1", "operator": "Harborbet NJ", "country_code": "US", "operator_key": "harborbet nj", "raw_earnings": "9", "marketing_source": null}', '2026-11-25 04:31:00.941554+00', NULL),
	(13, 'scrapers', '2025-02-01.csv', '2025-02-01', 5, '2025-02-01 00:00:00,THIRD-AU,Golden Reef,AU,€130,12', 'total_earnings', '€130', 'not_a_decimal', 'total_earnings `€130` is no plain decimal: write it like -1234.56, without currency, exponent or separators of thousands.', '{"date": "2025-02-01 00:00:00", "visits": "12", "country": "AU", "operator": "Golden Reef", "operator_key": "golden reef", "total_earnings": "€130", "marketing_source": "THIRD-AU"}', '2026-11-25 04:31:01.5476+00', NULL);
INSERT INTO bronze.routy VALUES
	('2025-01-29 00:00:00', 'SEARCH-US', 'Harborbet NJ', 'harborbet nj', 'United States', 'US', 30.000000000, 12, 1, 'routy', '2025-01-29.csv', 2, 6, '2025-01-29'),
	('2025-01-29 08:15:00', 'SEARCH-US', 'Harborbet PA', 'harborbet pa', 'United States', 'US', 10.000000000, 5, 0, 'routy', '2025-01-29.csv', 3, 6, '2025-01-29'),
	('2025-01-29 09:30:00', 'BLOG-FR', 'Casino Lune', 'casino lune', 'FR', NULL, 12.500000000, 4, 0, 'routy', '2025-01-29.csv', 4, 6, '2025-01-29'),
	('2025-01-29 10:05:07', 'NEWS-SE', 'Nordspin', 'nordspin', 'SE', NULL, 7.250000000, 3, 1, 'routy', '2025-01-29.csv', 5, 6, '2025-01-29'),
	('2025-01-29 00:00:00', 'THIRD-AU', 'Golden Reef', 'golden reef', 'Australia', 'AU', 100.000000000, 9, 2, 'routy', '2025-01-29.csv', 6, 6, '2025-01-29'),
	('2025-01-30 00:00:00', 'SEARCH-US', 'Harborbet NJ', 'harborbet nj', 'United States', 'US', 25.000000000, 8, 0, 'routy', '2025-01-30.csv', 2, 7, '2025-01-30'),
	('2025-01-30 00:00:00', 'SEARCH-US', 'Pixel Palace', 'pixel palace', 'United States', 'US', 25.000000000, 6, 1, 'routy', '2025-01-30.csv', 3, 7, '2025-01-30'),
	('2025-01-30 00:00:00', 'THIRD-AU', 'Golden Reef', 'golden reef', 'Australia', 'AU', 5.000000000, 2, 0, 'routy', '2025-01-30.csv', 8, 7, '2025-01-30'),
	('2025-01-30 00:00:00', 'THIRD-AU', 'Nordspin', 'nordspin', 'SE', NULL, 5.000000000, 1, 0, 'routy', '2025-01-30.csv', 9, 7, '2025-01-30'),
	('2025-01-30 00:00:00', 'VIDEO-US', 'Harborbet NJ', 'harborbet nj', 'United States', 'US', -15.000000000, 1, 0, 'routy', '2025-01-30.csv', 10, 7, '2025-01-30'),
	('2025-01-31 00:00:00', 'SEARCH-US', 'Harborbet NJ', 'harborbet nj', 'United States', 'US', 18.000000000, 7, 0, 'routy', '2025-01-31.csv', 2, 8, '2025-01-31'),
	('2025-01-31 12:00:00', 'THIRD-AU', 'Golden Reef', 'golden reef', 'Australia', 'AU', 40.000000000, 2, 0, 'routy', '2025-01-31.csv', 3, 8, '2025-01-31'),
	('2025-01-31 00:00:00', 'UNLISTED-US', 'Harborbet NJ', 'harborbet nj', 'United States', 'US', 4.400000000, 1, 0, 'routy', '2025-01-31.csv', 4, 8, '2025-01-31'),
	('2025-02-01 00:00:00', 'BLOG-FR', 'Casino Lune', 'casino lune', 'FR', NULL, 10.000000000, 3, 0, 'routy', '2025-02-01.csv', 2, 9, '2025-02-01'),
	('2025-02-01 00:00:00', 'NEWS-SE', 'Nordspin', 'nordspin', 'SE', NULL, NULL, 2, 0, 'routy', '2025-02-01.csv', 3, 9, '2025-02-01'),
	('2025-02-01 00:00:00', 'SEARCH-US', 'Harborbet NJ', 'harborbet nj', 'United States', 'US', 22.500000000, 4, 1, 'routy', '2025-02-01.csv', 4, 9, '2025-02-01'),
	('2025-02-02 00:00:00', 'BLOG-FR', 'Casino Lune', 'casino lune', 'FR', NULL, 5.000000000, 2, 0, 'routy', '2025-02-02.csv', 2, 10, '2025-02-02'),
	('2025-02-02 00:00:00', 'SEARCH-US', 'Harborbet NJ', 'harborbet nj', 'United States', 'US', 1.000000000, 1, 0, 'routy', '2025-02-02.csv', 3, 10, '2025-02-02'),
	('2025-02-02 00:00:00', 'SEARCH-US', 'Casino Lune', 'casino lune', 'FR', NULL, 1.000000000, 1, 0, 'routy', '2025-02-02.csv', 4, 10, '2025-02-02'),
	('2025-02-02 00:00:00', 'SEARCH-US', 'Pixel Palace', 'pixel palace', 'United States', 'US', 1.000000000, 1, 0, 'routy', '2025-02-02.csv', 5, 10, '2025-02-02'),
	('2025-02-02 00:00:00', 'NEWS-SE', 'Nordspin', 'nordspin', 'SE', NULL, 0.005000000, 1, 0, 'routy', '2025-02-02.csv', 6, 10, '2025-02-02');
INSERT INTO bronze.scrapers VALUES
	('2025-01-29 00:00:00', 'SEARCH-US', 'Harborbet NJ', 'harborbet nj', 'US', 1000.000000000, 100, 'scrapers', '2025-01-29.csv', 2, 11, '2025-01-29'),
	('2025-01-29 00:00:00', 'SEARCH-US', 'Harborbet PA', 'harborbet pa', 'US', 500.000000000, 50, 'scrapers', '2025-01-29.csv', 3, 11, '2025-01-29'),
	('2025-01-29 00:00:00', 'NEWS-SE', 'Nordspin', 'nordspin', 'SE', 200.000000000, 20, 'scrapers', '2025-01-29.csv', 4, 11, '2025-01-29'),
	('2025-01-29 00:00:00', 'THIRD-AU', 'Golden Reef', 'golden reef', 'AU', 90.000000000, 9, 'scrapers', '2025-01-29.csv', 5, 11, '2025-01-29'),
	('2025-01-30 00:00:00', 'SEARCH-US', 'Harborbet NJ', 'harborbet nj', 'US', 1030.000000000, 110, 'scrapers', '2025-01-30.csv', 2, 12, '2025-01-30'),
	('2025-01-30 00:00:00', 'SEARCH-US', 'Harborbet PA', 'harborbet pa', 'US', 510.000000000, 55, 'scrapers', '2025-01-30.csv', 3, 12, '2025-01-30'),
	('2025-01-30 00:00:00', 'NEWS-SE', 'Nordspin', 'nordspin', 'SE', 210.000000000, 22, 'scrapers', '2025-01-30.csv', 4, 12, '2025-01-30'),
	('2025-01-30 00:00:00', 'THIRD-AU', 'Golden Reef', 'golden reef', 'AU', 100.000000000, 10, 'scrapers', '2025-01-30.csv', 5, 12, '2025-01-30'),
	('2025-02-01 00:00:00', 'SEARCH-US', 'Harborbet NJ', 'harborbet nj', 'US', 1060.000000000, 120, 'scrapers', '2025-02-01.csv', 2, 13, '2025-02-01'),
	('2025-02-01 00:00:00', 'SEARCH-US', 'Harborbet PA', 'harborbet pa', 'US', 521.000000000, 60, 'scrapers', '2025-02-01.csv', 3, 13, '2025-02-01'),
	('2025-02-01 00:00:00', 'NEWS-SE', 'Nordspin', 'nordspin', 'SE', 230.010000000, 25, 'scrapers', '2025-02-01.csv', 4, 13, '2025-02-01'),
	('2025-02-02 00:00:00', 'SEARCH-US', 'Harborbet NJ', 'harborbet nj', 'US', 40.000000000, 4, 'scrapers', '2025-02-02.csv', 2, 14, '2025-02-02'),
	('2025-02-02 00:00:00', 'SEARCH-US', 'Harborbet PA', 'harborbet pa', 'US', 530.000000000, 61, 'scrapers', '2025-02-02.csv', 3, 14, '2025-02-02'),
	('2025-02-02 00:00:00', 'NEWS-SE', 'Nordspin', 'nordspin', 'SE', 235.010000000, 26, 'scrapers', '2025-02-02.csv', 4, 14, '2025-02-02'),
	('2025-02-02 00:00:00', 'THIRD-AU', 'Golden Reef', 'golden reef', 'AU', 160.000000000, 15, 'scrapers', '2025-02-02.csv', 5, 14, '2025-02-02');
INSERT INTO bronze.sources VALUES
	('manual', 'event', '{1}', '{}'),
	('scrapers', 'event', '{2}', '{2}'),
	('deals', 'dimension', '{1,2}', '{1,2}'),
	('voluum_mapper', 'dimension', '{1,2}', '{1,2}'),
	('central_mapping', 'dimension', '{1,2}', '{1,2}'),
	('routy', 'event', '{1}', '{1}'),
	('voluum', 'event', '{1,2}', '{1,2}');
INSERT INTO bronze.voluum VALUES
	('2025-01-29 00:00:00', 'vol-search-1', 'vol-search-1', 10, 'voluum', '2025-01-29.csv', 2, 15, '2025-01-29'),
	('2025-01-29 00:00:00', 'VOL-SEARCH-2', 'vol-search-2', 5, 'voluum', '2025-01-29.csv', 3, 15, '2025-01-29'),
	('2025-01-29 00:00:00', 'vol-news', 'vol-news', 4, 'voluum', '2025-01-29.csv', 4, 15, '2025-01-29'),
	('2025-01-29 00:00:00', 'vol-apps', 'vol-apps', 6, 'voluum', '2025-01-29.csv', 5, 15, '2025-01-29'),
	('2025-01-29 00:00:00', 'vol-mystery', 'vol-mystery', 7, 'voluum', '2025-01-29.csv', 6, 15, '2025-01-29'),
	('2025-01-30 00:00:00', 'vol-search-1', 'vol-search-1', 3, 'voluum', '2025-01-30.csv', 2, 16, '2025-01-30'),
	('2025-01-30 00:00:00', 'vol-news', 'vol-news', 5, 'voluum', '2025-01-30.csv', 3, 16, '2025-01-30'),
	('2025-01-30 00:00:00', 'vol-video', 'vol-video', 2, 'voluum', '2025-01-30.csv', 4, 16, '2025-01-30'),
	('2025-01-31 00:00:05', 'vol-search-1', 'vol-search-1', 1, 'voluum', '2025-01-31.csv', 2, 17, '2025-01-31'),
	('2025-01-31 00:00:06', 'vol-search-2', 'vol-search-2', 2, 'voluum', '2025-01-31.csv', 3, 17, '2025-01-31'),
	('2025-01-31 00:00:07', 'vol-news', 'vol-news', NULL, 'voluum', '2025-01-31.csv', 4, 17, '2025-01-31'),
	('2025-02-01 00:00:00', 'vol-search-1', 'vol-search-1', 4, 'voluum', '2025-02-01.csv', 2, 18, '2025-02-01'),
	('2025-02-01 00:00:00', 'vol-news', 'vol-news', 3, 'voluum', '2025-02-01.csv', 3, 18, '2025-02-01'),
	('2025-02-02 00:00:00', 'vol-search-2', 'vol-search-2', 2, 'voluum', '2025-02-02.csv', 2, 19, '2025-02-02');
INSERT INTO bronze.voluum_mapper VALUES
	('vol-search-1', 'vol-search-1', 'SEARCH-US', 'voluum_mapper', 'voluum_mapper.csv', 2, 3),
	('vol-search-2', 'vol-search-2', 'SEARCH-US', 'voluum_mapper', 'voluum_mapper.csv', 3, 3),
	('vol-news', 'vol-news', 'NEWS-SE', 'voluum_mapper', 'voluum_mapper.csv', 4, 3),
	('vol-video', 'vol-video', 'VIDEO-US', 'voluum_mapper', 'voluum_mapper.csv', 5, 3),
	('vol-apps', 'vol-apps', 'APPS-AU', 'voluum_mapper', 'voluum_mapper.csv', 6, 3);
INSERT INTO gold.published_days VALUES
	(1, '2025-01-29', '{"deals": 2, "routy": 6, "manual": 4, "voluum": 15, "voluum_mapper": 3, "central_mapping": 1}', '84f7b2ce-aef0-4181-861d-2e9c47e652c5', '2026-11-25 04:31:17.161204+00', '2026-11-25 04:31:17.161204+00'),
	(1, '2025-01-30', '{"deals": 2, "routy": 7, "voluum": 16, "voluum_mapper": 3, "central_mapping": 1}', '84f7b2ce-aef0-4181-861d-2e9c47e652c5', '2026-11-25 04:31:17.161341+00', '2026-11-25 04:31:17.161341+00'),
	(1, '2025-01-31', '{"deals": 2, "routy": 8, "voluum": 17, "voluum_mapper": 3, "central_mapping": 1}', '84f7b2ce-aef0-4181-861d-2e9c47e652c5', '2026-11-25 04:31:17.161346+00', '2026-11-25 04:31:17.161346+00'),
	(1, '2025-02-01', '{"deals": 2, "routy": 9, "manual": 5, "voluum": 18, "voluum_mapper": 3, "central_mapping": 1}', '84f7b2ce-aef0-4181-861d-2e9c47e652c5', '2026-11-25 04:31:17.161349+00', '2026-11-25 04:31:17.161349+00'),
	(1, '2025-02-02', '{"deals": 2, "routy": 10, "voluum": 19, "voluum_mapper": 3, "central_mapping": 1}', '84f7b2ce-aef0-4181-861d-2e9c47e652c5', '2026-11-25 04:31:17.161352+00', '2026-11-25 04:31:17.161352+00'),
	(2, '2025-01-29', '{"deals": 2, "voluum": 15, "scrapers": 11, "voluum_mapper": 3, "central_mapping": 1}', '84f7b2ce-aef0-4181-861d-2e9c47e652c5', '2026-11-25 04:31:17.190446+00', '2026-11-25 04:31:17.190446+00'),
	(2, '2025-01-30', '{"deals": 2, "voluum": 16, "scrapers": 12, "voluum_mapper": 3, "central_mapping": 1}', '84f7b2ce-aef0-4181-861d-2e9c47e652c5', '2026-11-25 04:31:17.190458+00', '2026-11-25 04:31:17.190458+00'),
	(2, '2025-01-31', '{"deals": 2, "voluum": 17, "voluum_mapper": 3, "central_mapping": 1}', '84f7b2ce-aef0-4181-861d-2e9c47e652c5', '2026-11-25 04:31:17.190517+00', '2026-11-25 04:31:17.190517+00'),
	(2, '2025-02-01', '{"deals": 2, "voluum": 18, "scrapers": 13, "voluum_mapper": 3, "central_mapping": 1}', '84f7b2ce-aef0-4181-861d-2e9c47e652c5', '2026-11-25 04:31:17.19052+00', '2026-11-25 04:31:17.19052+00'),
	(2, '2025-02-02', '{"deals": 2, "voluum": 19, "scrapers": 14, "voluum_mapper": 3, "central_mapping": 1}', '84f7b2ce-aef0-4181-861d-2e9c47e652c5', '2026-11-25 04:31:17.190523+00', '2026-11-25 04:31:17.190523+00');
INSERT INTO gold.scraper_commission_by_operator VALUES
	('2025-01-29', 'NEWS-SE', 'Nordspin SE', 0.00),
	('2025-01-29', 'SEARCH-US', 'Harborbet US', 0.00),
	('2025-01-29', 'THIRD-AU', 'REEF_LOL', 0.00),
	('2025-01-30', 'NEWS-SE', 'Nordspin SE', 35.00),
	('2025-01-30', 'SEARCH-US', 'Harborbet US', 46.00),
	('2025-01-30', 'THIRD-AU', 'REEF_LOL', 3.33),
	('2025-01-31', 'NEWS-SE', 'Nordspin SE', 30.01),
	('2025-01-31', 'SEARCH-US', 'Harborbet US', 26.50),
	('2025-01-31', 'THIRD-AU', 'REEF_LOL', 6.67),
	('2025-02-01', 'NEWS-SE', 'Nordspin SE', 33.01),
	('2025-02-01', 'SEARCH-US', 'Harborbet US', 28.50),
	('2025-02-01', 'THIRD-AU', 'REEF_LOL', 6.67),
	('2025-02-02', 'NEWS-SE', 'Nordspin SE', 25.00),
	('2025-02-02', 'SEARCH-US', 'Harborbet US', 4.00),
	('2025-02-02', 'THIRD-AU', 'REEF_LOL', 6.67);
INSERT INTO gold.scraper_commission_daily VALUES
	('2025-01-29', 'NEWS-SE', 0, 0, 4, false, true, 'total commission = raw_earnings + 20 + clicks', 0.00),
	('2025-01-29', 'SEARCH-US', 0, 0, 15, false, true, 'total commision= raw_earnings + clicks*2', 0.00),
	('2025-01-29', 'THIRD-AU', 0, 0, 0, false, true, 'total commision= raw_earnings/3', 0.00),
	('2025-01-30', 'NEWS-SE', 10.000000000, 2, 5, false, false, 'total commission = raw_earnings + 20 + clicks', 35.00),
	('2025-01-30', 'SEARCH-US', 40.000000000, 15, 3, false, false, 'total commision= raw_earnings + clicks*2', 46.00),
	('2025-01-30', 'THIRD-AU', 10.000000000, 1, 0, false, false, 'total commision= raw_earnings/3', 3.33),
	('2025-01-31', 'NEWS-SE', 10.005000000, 1, 0, true, false, 'total commission = raw_earnings + 20 + clicks', 30.01),
	('2025-01-31', 'SEARCH-US', 20.500000000, 7, 3, true, false, 'total commision= raw_earnings + clicks*2', 26.50),
	('2025-01-31', 'THIRD-AU', 20.000000000, 1, 0, true, false, 'total commision= raw_earnings/3', 6.67),
	('2025-02-01', 'NEWS-SE', 10.005000000, 2, 3, false, false, 'total commission = raw_earnings + 20 + clicks', 33.01),
	('2025-02-01', 'SEARCH-US', 20.500000000, 8, 4, false, false, 'total commision= raw_earnings + clicks*2', 28.50),
	('2025-02-01', 'THIRD-AU', 20.000000000, 1, 0, true, false, 'total commision= raw_earnings/3', 6.67),
	('2025-02-02', 'NEWS-SE', 5.000000000, 1, 0, false, false, 'total commission = raw_earnings + 20 + clicks', 25.00),
	('2025-02-02', 'SEARCH-US', 0, 0, 2, false, false, 'total commision= raw_earnings + clicks*2', 4.00),
	('2025-02-02', 'THIRD-AU', 20.000000000, 3, 0, false, false, 'total commision= raw_earnings/3', 6.67);
INSERT INTO gold.solution_1_marketing_daily VALUES
	('BLOG-FR', '2025-01-29', 12.500000000, 4, 0, 0, 62.50),
	('CPA-AU', '2025-01-29', 0.000000000, 5, 3, 0, 75.00),
	('NEWS-SE', '2025-01-29', 7.250000000, 3, 1, 4, 31.25),
	('SEARCH-US', '2025-01-29', 60.000000000, 19, 1, 15, 90.00),
	('THIRD-AU', '2025-01-29', 100.000000000, 9, 2, 0, 33.33),
	('SEARCH-US', '2025-01-30', 50.000000000, 14, 1, 3, 56.00),
	('THIRD-AU', '2025-01-30', 10.000000000, 3, 0, 0, 3.33),
	('VIDEO-US', '2025-01-30', -15.000000000, 1, 0, 2, 0.00),
	('SEARCH-US', '2025-01-31', 18.000000000, 7, 0, 3, 24.00),
	('THIRD-AU', '2025-01-31', 40.000000000, 2, 0, 0, 13.33),
	('UNLISTED-US', '2025-01-31', 4.400000000, 1, 0, 0, 4.40),
	('BLOG-FR', '2025-02-01', 10.000000000, 3, 0, 0, 90.00),
	('CPA-AU', '2025-02-01', 0.000000000, 4, 1, 0, 25.00),
	('NEWS-SE', '2025-02-01', 0, 2, 0, 3, 23.00),
	('SEARCH-US', '2025-02-01', 27.000000000, 5, 1, 4, 35.00),
	('BLOG-FR', '2025-02-02', 5.000000000, 2, 0, 0, 85.00),
	('NEWS-SE', '2025-02-02', 0.005000000, 1, 0, 0, 20.01),
	('SEARCH-US', '2025-02-02', 3.000000000, 3, 0, 2, 7.00);
INSERT INTO gold.solution_1_operators_daily VALUES
	('BLOG-FR', '2025-01-29', 'LUNEFR', 62.50),
	('CPA-AU', '2025-01-29', 'REEF_LOL', 75.00),
	('NEWS-SE', '2025-01-29', 'Nordspin SE', 31.25),
	('SEARCH-US', '2025-01-29', 'Harborbet US', 60.00),
	('SEARCH-US', '2025-01-29', 'LUNEFR', 30.00),
	('THIRD-AU', '2025-01-29', 'REEF_LOL', 33.33),
	('SEARCH-US', '2025-01-30', 'Harborbet US', 28.00),
	('SEARCH-US', '2025-01-30', 'Pixel Palace', 28.00),
	('THIRD-AU', '2025-01-30', 'Nordspin SE', 1.67),
	('THIRD-AU', '2025-01-30', 'REEF_LOL', 1.66),
	('VIDEO-US', '2025-01-30', 'Harborbet US', 0.00),
	('SEARCH-US', '2025-01-31', 'Harborbet US', 24.00),
	('THIRD-AU', '2025-01-31', 'REEF_LOL', 13.33),
	('UNLISTED-US', '2025-01-31', 'Harborbet US', 4.40),
	('BLOG-FR', '2025-02-01', 'LUNEFR', 90.00),
	('CPA-AU', '2025-02-01', 'REEF_LOL', 25.00),
	('NEWS-SE', '2025-02-01', 'Nordspin SE', 23.00),
	('SEARCH-US', '2025-02-01', 'Harborbet US', 35.00),
	('SEARCH-US', '2025-02-01', 'Nordspin SE', 0.00),
	('BLOG-FR', '2025-02-02', 'LUNEFR', 85.00),
	('NEWS-SE', '2025-02-02', 'Nordspin SE', 20.01),
	('SEARCH-US', '2025-02-02', 'Harborbet US', 2.34),
	('SEARCH-US', '2025-02-02', 'LUNEFR', 2.33),
	('SEARCH-US', '2025-02-02', 'Pixel Palace', 2.33);
INSERT INTO gold.solution_1_operators_monthly VALUES
	('Harborbet US', '2025-01-01', 116.40),
	('Harborbet US', '2025-02-01', 37.34),
	('LUNEFR', '2025-01-01', 92.50),
	('LUNEFR', '2025-02-01', 177.33),
	('Nordspin SE', '2025-01-01', 32.92),
	('Nordspin SE', '2025-02-01', 43.01),
	('Pixel Palace', '2025-01-01', 28.00),
	('Pixel Palace', '2025-02-01', 2.33),
	('REEF_LOL', '2025-01-01', 123.32),
	('REEF_LOL', '2025-02-01', 25.00);
INSERT INTO gold.solution_2_marketing_daily VALUES
	('NEWS-SE', '2025-01-29', 0, 0, 4, false, true, 0.00),
	('SEARCH-US', '2025-01-29', 0, 0, 15, false, true, 0.00),
	('THIRD-AU', '2025-01-29', 0, 0, 0, false, true, 0.00),
	('NEWS-SE', '2025-01-30', 10.000000000, 2, 5, false, false, 35.00),
	('SEARCH-US', '2025-01-30', 40.000000000, 15, 3, false, false, 46.00),
	('THIRD-AU', '2025-01-30', 10.000000000, 1, 0, false, false, 3.33),
	('NEWS-SE', '2025-01-31', 10.005000000, 1, 0, true, false, 30.01),
	('SEARCH-US', '2025-01-31', 20.500000000, 7, 3, true, false, 26.50),
	('THIRD-AU', '2025-01-31', 20.000000000, 1, 0, true, false, 6.67),
	('NEWS-SE', '2025-02-01', 10.005000000, 2, 3, false, false, 33.01),
	('SEARCH-US', '2025-02-01', 20.500000000, 8, 4, false, false, 28.50),
	('THIRD-AU', '2025-02-01', 20.000000000, 1, 0, true, false, 6.67),
	('NEWS-SE', '2025-02-02', 5.000000000, 1, 0, false, false, 25.00),
	('SEARCH-US', '2025-02-02', 0, 0, 2, false, false, 4.00),
	('THIRD-AU', '2025-02-02', 20.000000000, 3, 0, false, false, 6.67);
INSERT INTO gold.solution_2_operators_daily VALUES
	('NEWS-SE', '2025-01-29', 'Nordspin SE', 0.00),
	('SEARCH-US', '2025-01-29', 'Harborbet US', 0.00),
	('THIRD-AU', '2025-01-29', 'REEF_LOL', 0.00),
	('NEWS-SE', '2025-01-30', 'Nordspin SE', 35.00),
	('SEARCH-US', '2025-01-30', 'Harborbet US', 46.00),
	('THIRD-AU', '2025-01-30', 'REEF_LOL', 3.33),
	('NEWS-SE', '2025-01-31', 'Nordspin SE', 30.01),
	('SEARCH-US', '2025-01-31', 'Harborbet US', 26.50),
	('THIRD-AU', '2025-01-31', 'REEF_LOL', 6.67),
	('NEWS-SE', '2025-02-01', 'Nordspin SE', 33.01),
	('SEARCH-US', '2025-02-01', 'Harborbet US', 28.50),
	('THIRD-AU', '2025-02-01', 'REEF_LOL', 6.67),
	('NEWS-SE', '2025-02-02', 'Nordspin SE', 25.00),
	('SEARCH-US', '2025-02-02', 'Harborbet US', 4.00),
	('THIRD-AU', '2025-02-02', 'REEF_LOL', 6.67);
INSERT INTO gold.solution_2_operators_monthly VALUES
	('Harborbet US', '2025-01-01', 72.50),
	('Harborbet US', '2025-02-01', 32.50),
	('Nordspin SE', '2025-01-01', 65.01),
	('Nordspin SE', '2025-02-01', 58.01),
	('REEF_LOL', '2025-01-01', 10.00),
	('REEF_LOL', '2025-02-01', 13.34);
INSERT INTO gold.solution_3_marketing_daily VALUES
	('THIRD-AU', '2025-02-01', 6.67),
	('SEARCH-US', '2025-01-29', 90.00),
	('NEWS-SE', '2025-01-31', 30.01),
	('BLOG-FR', '2025-02-01', 90.00),
	('THIRD-AU', '2025-01-31', 20.00),
	('SEARCH-US', '2025-01-30', 102.00),
	('THIRD-AU', '2025-02-02', 6.67),
	('NEWS-SE', '2025-01-30', 35.00),
	('NEWS-SE', '2025-02-02', 45.01),
	('VIDEO-US', '2025-01-30', 0.00),
	('THIRD-AU', '2025-01-29', 33.33),
	('CPA-AU', '2025-02-01', 25.00),
	('THIRD-AU', '2025-01-30', 6.66),
	('NEWS-SE', '2025-01-29', 31.25),
	('SEARCH-US', '2025-02-02', 11.00),
	('SEARCH-US', '2025-02-01', 63.50),
	('UNLISTED-US', '2025-01-31', 4.40),
	('NEWS-SE', '2025-02-01', 56.01),
	('BLOG-FR', '2025-01-29', 62.50),
	('SEARCH-US', '2025-01-31', 50.50),
	('CPA-AU', '2025-01-29', 75.00),
	('BLOG-FR', '2025-02-02', 85.00);
INSERT INTO gold.solution_3_operators_monthly VALUES
	('Harborbet US', '2025-01-01', 188.90),
	('Harborbet US', '2025-02-01', 69.84),
	('LUNEFR', '2025-01-01', 92.50),
	('LUNEFR', '2025-02-01', 177.33),
	('Nordspin SE', '2025-01-01', 97.93),
	('Nordspin SE', '2025-02-01', 101.02),
	('Pixel Palace', '2025-01-01', 28.00),
	('Pixel Palace', '2025-02-01', 2.33),
	('REEF_LOL', '2025-01-01', 133.32),
	('REEF_LOL', '2025-02-01', 38.34);
INSERT INTO gold.web_commission_by_operator VALUES
	('2025-01-29', 'BLOG-FR', 'LUNEFR', 62.50),
	('2025-01-29', 'CPA-AU', 'REEF_LOL', 75.00),
	('2025-01-29', 'NEWS-SE', 'Nordspin SE', 31.25),
	('2025-01-29', 'SEARCH-US', 'Harborbet US', 60.00),
	('2025-01-29', 'SEARCH-US', 'LUNEFR', 30.00),
	('2025-01-29', 'THIRD-AU', 'REEF_LOL', 33.33),
	('2025-01-30', 'SEARCH-US', 'Harborbet US', 28.00),
	('2025-01-30', 'SEARCH-US', 'Pixel Palace', 28.00),
	('2025-01-30', 'THIRD-AU', 'Nordspin SE', 1.67),
	('2025-01-30', 'THIRD-AU', 'REEF_LOL', 1.66),
	('2025-01-30', 'VIDEO-US', 'Harborbet US', 0.00),
	('2025-01-31', 'SEARCH-US', 'Harborbet US', 24.00),
	('2025-01-31', 'THIRD-AU', 'REEF_LOL', 13.33),
	('2025-01-31', 'UNLISTED-US', 'Harborbet US', 4.40),
	('2025-02-01', 'BLOG-FR', 'LUNEFR', 90.00),
	('2025-02-01', 'CPA-AU', 'REEF_LOL', 25.00),
	('2025-02-01', 'NEWS-SE', 'Nordspin SE', 23.00),
	('2025-02-01', 'SEARCH-US', 'Harborbet US', 35.00),
	('2025-02-01', 'SEARCH-US', 'Nordspin SE', 0.00),
	('2025-02-02', 'BLOG-FR', 'LUNEFR', 85.00),
	('2025-02-02', 'NEWS-SE', 'Nordspin SE', 20.01),
	('2025-02-02', 'SEARCH-US', 'Harborbet US', 2.34),
	('2025-02-02', 'SEARCH-US', 'LUNEFR', 2.33),
	('2025-02-02', 'SEARCH-US', 'Pixel Palace', 2.33);
INSERT INTO gold.web_commission_daily VALUES
	('2025-01-29', 'BLOG-FR', 12.500000000, 4, 0, 0, 'total commision= raw_earnings + 50', 62.50),
	('2025-01-29', 'CPA-AU', 0.000000000, 5, 3, 0, 'total commision= signups*25', 75.00),
	('2025-01-29', 'NEWS-SE', 7.250000000, 3, 1, 4, 'total commission = raw_earnings + 20 + clicks', 31.25),
	('2025-01-29', 'SEARCH-US', 60.000000000, 19, 1, 15, 'total commision= raw_earnings + clicks*2', 90.00),
	('2025-01-29', 'THIRD-AU', 100.000000000, 9, 2, 0, 'total commision= raw_earnings/3', 33.33),
	('2025-01-30', 'SEARCH-US', 50.000000000, 14, 1, 3, 'total commision= raw_earnings + clicks*2', 56.00),
	('2025-01-30', 'THIRD-AU', 10.000000000, 3, 0, 0, 'total commision= raw_earnings/3', 3.33),
	('2025-01-30', 'VIDEO-US', -15.000000000, 1, 0, 2, 'total commision= raw_earnings + 10 + clicks', 0.00),
	('2025-01-31', 'SEARCH-US', 18.000000000, 7, 0, 3, 'total commision= raw_earnings + clicks*2', 24.00),
	('2025-01-31', 'THIRD-AU', 40.000000000, 2, 0, 0, 'total commision= raw_earnings/3', 13.33),
	('2025-01-31', 'UNLISTED-US', 4.400000000, 1, 0, 0, 'total commision= raw_earnings', 4.40),
	('2025-02-01', 'BLOG-FR', 10.000000000, 3, 0, 0, 'total commision= raw_earnings + 80', 90.00),
	('2025-02-01', 'CPA-AU', 0.000000000, 4, 1, 0, 'total commision= signups*25', 25.00),
	('2025-02-01', 'NEWS-SE', 0, 2, 0, 3, 'total commission = raw_earnings + 20 + clicks', 23.00),
	('2025-02-01', 'SEARCH-US', 27.000000000, 5, 1, 4, 'total commision= raw_earnings + clicks*2', 35.00),
	('2025-02-02', 'BLOG-FR', 5.000000000, 2, 0, 0, 'total commision= raw_earnings + 80', 85.00),
	('2025-02-02', 'NEWS-SE', 0.005000000, 1, 0, 0, 'total commission = raw_earnings + 20 + clicks', 20.01),
	('2025-02-02', 'SEARCH-US', 3.000000000, 3, 0, 2, 'total commision= raw_earnings + clicks*2', 7.00);
INSERT INTO silver.clicks_daily VALUES
	('2025-01-29', 'APPS-AU', 6),
	('2025-01-29', 'NEWS-SE', 4),
	('2025-01-29', 'SEARCH-US', 15),
	('2025-01-30', 'NEWS-SE', 5),
	('2025-01-30', 'SEARCH-US', 3),
	('2025-01-30', 'VIDEO-US', 2),
	('2025-01-31', 'NEWS-SE', 0),
	('2025-01-31', 'SEARCH-US', 3),
	('2025-02-01', 'NEWS-SE', 3),
	('2025-02-01', 'SEARCH-US', 4),
	('2025-02-02', 'SEARCH-US', 2);
INSERT INTO silver.country VALUES
	('AU'),
	('US'),
	('SE'),
	('FR');
INSERT INTO silver.deals VALUES
	('BLOG-FR', false, 'FIXED 50', 'total commision= raw_earnings + 50', '-infinity', '2025-02-01', 1, 0, 0, 0, 50, 1, false),
	('BLOG-FR', false, 'FIXED 80', 'total commision= raw_earnings + 80', '2025-02-01', 'infinity', 1, 0, 0, 0, 80, 1, false),
	('CPA-AU', false, 'CPA', 'total commision= signups*25', '-infinity', 'infinity', 0, 0, 0, 25, 0, 1, false),
	('Default', true, 'FIXED 0', 'total commision= raw_earnings', '-infinity', 'infinity', 1, 0, 0, 0, 0, 1, false),
	('NEWS-SE', false, 'Hybrid 20', 'total commission = raw_earnings + 20 + clicks', '-infinity', 'infinity', 1, 1, 0, 0, 20, 1, false),
	('SEARCH-US', false, 'PPC', 'total commision= raw_earnings + clicks*2', '-infinity', 'infinity', 1, 2, 0, 0, 0, 1, false),
	('THIRD-AU', false, 'Share', 'total commision= raw_earnings/3', '-infinity', 'infinity', 1, 0, 0, 0, 0, 3, false),
	('VIDEO-US', false, 'FIXED 10', 'total commision= raw_earnings + 10 + clicks', '-infinity', 'infinity', 1, 1, 0, 0, 10, 1, true);
INSERT INTO silver.marketing_sources VALUES
	('UNLISTED-US', true, false, false, false),
	('APPS-AU', false, false, false, true),
	('THIRD-AU', true, true, true, false),
	('CPA-AU', true, false, true, false),
	('NEWS-SE', true, true, true, true),
	('BLOG-FR', true, false, true, false),
	('VIDEO-US', true, false, true, true),
	('SEARCH-US', true, true, true, true);
INSERT INTO silver.operator_variants VALUES
	('casino lune', 'LUNEFR', 'FR', true),
	('golden reef', 'REEF_LOL', 'AU', true),
	('harborbet nj', 'Harborbet US', 'US', true),
	('harborbet pa', 'Harborbet US', 'US', true),
	('harborbet us', 'Harborbet US', 'US', false),
	('harborbetlolus', 'Harborbet US', 'US', false),
	('lunefr', 'LUNEFR', 'FR', false),
	('nordspin', 'Nordspin SE', 'SE', true),
	('nordspin se', 'Nordspin SE', 'SE', false),
	('nordspinlolse', 'Nordspin SE', 'SE', false),
	('reef_lol', 'REEF_LOL', 'AU', false);
INSERT INTO silver.operators VALUES
	('LUNEFR', 'FR', true),
	('Nordspin SE', 'SE', true),
	('Harborbet US', 'US', true),
	('Pixel Palace', NULL, false),
	('REEF_LOL', 'AU', true);
INSERT INTO silver.scraper_increases VALUES
	('2025-01-31', 'NEWS-SE', 'Nordspin SE', 'SE', 10.005000000, 1, false, true, false, false, '2025-02-01', '2025-01-30'),
	('2025-01-31', 'SEARCH-US', 'Harborbet US', 'US', 20.500000000, 7, false, true, false, false, '2025-02-01', '2025-01-30'),
	('2025-01-31', 'THIRD-AU', 'REEF_LOL', 'AU', 20.000000000, 1, false, true, false, false, '2025-02-02', '2025-01-30'),
	('2025-02-01', 'THIRD-AU', 'REEF_LOL', 'AU', 20.000000000, 1, false, true, false, false, '2025-02-02', '2025-01-30'),
	('2025-01-29', 'NEWS-SE', 'Nordspin SE', 'SE', 0, 0, true, false, false, false, '2025-01-29', NULL),
	('2025-01-29', 'SEARCH-US', 'Harborbet US', 'US', 0, 0, true, false, false, false, '2025-01-29', NULL),
	('2025-01-29', 'THIRD-AU', 'REEF_LOL', 'AU', 0, 0, true, false, false, false, '2025-01-29', NULL),
	('2025-01-30', 'NEWS-SE', 'Nordspin SE', 'SE', 10.000000000, 2, false, false, false, false, '2025-01-30', '2025-01-29'),
	('2025-01-30', 'SEARCH-US', 'Harborbet US', 'US', 40.000000000, 15, false, false, false, false, '2025-01-30', '2025-01-29'),
	('2025-01-30', 'THIRD-AU', 'REEF_LOL', 'AU', 10.000000000, 1, false, false, false, false, '2025-01-30', '2025-01-29'),
	('2025-02-01', 'NEWS-SE', 'Nordspin SE', 'SE', 10.005000000, 2, false, false, false, false, '2025-02-01', '2025-01-30'),
	('2025-02-01', 'SEARCH-US', 'Harborbet US', 'US', 20.500000000, 8, false, false, false, false, '2025-02-01', '2025-01-30'),
	('2025-02-02', 'NEWS-SE', 'Nordspin SE', 'SE', 5.000000000, 1, false, false, false, false, '2025-02-02', '2025-02-01'),
	('2025-02-02', 'SEARCH-US', 'Harborbet US', 'US', 0, 0, false, false, true, true, '2025-02-02', '2025-02-01'),
	('2025-02-02', 'THIRD-AU', 'REEF_LOL', 'AU', 20.000000000, 3, false, false, false, false, '2025-02-02', '2025-01-30');
INSERT INTO silver.scraper_observations VALUES
	('2025-01-29', 'NEWS-SE', 'Nordspin SE', 'SE', 200.000000000, 20),
	('2025-01-29', 'SEARCH-US', 'Harborbet US', 'US', 1500.000000000, 150),
	('2025-01-29', 'THIRD-AU', 'REEF_LOL', 'AU', 90.000000000, 9),
	('2025-01-30', 'NEWS-SE', 'Nordspin SE', 'SE', 210.000000000, 22),
	('2025-01-30', 'SEARCH-US', 'Harborbet US', 'US', 1540.000000000, 165),
	('2025-01-30', 'THIRD-AU', 'REEF_LOL', 'AU', 100.000000000, 10),
	('2025-02-01', 'NEWS-SE', 'Nordspin SE', 'SE', 230.010000000, 25),
	('2025-02-01', 'SEARCH-US', 'Harborbet US', 'US', 1581.000000000, 180),
	('2025-02-02', 'NEWS-SE', 'Nordspin SE', 'SE', 235.010000000, 26),
	('2025-02-02', 'SEARCH-US', 'Harborbet US', 'US', 570.000000000, 65),
	('2025-02-02', 'THIRD-AU', 'REEF_LOL', 'AU', 160.000000000, 15);
INSERT INTO silver.traffic_events VALUES
	('manual', 4, 2, '2025-01-29', '2025-01-29 00:00:00', 'SEARCH-US', 'LUNEFR', 'Casino Lune', 'FR', 20.000000000, 2, 0),
	('routy', 10, 4, '2025-02-02', '2025-02-02 00:00:00', 'SEARCH-US', 'LUNEFR', 'Casino Lune', 'FR', 1.000000000, 1, 0),
	('routy', 10, 2, '2025-02-02', '2025-02-02 00:00:00', 'BLOG-FR', 'LUNEFR', 'Casino Lune', 'FR', 5.000000000, 2, 0),
	('routy', 9, 2, '2025-02-01', '2025-02-01 00:00:00', 'BLOG-FR', 'LUNEFR', 'Casino Lune', 'FR', 10.000000000, 3, 0),
	('routy', 6, 4, '2025-01-29', '2025-01-29 09:30:00', 'BLOG-FR', 'LUNEFR', 'Casino Lune', 'FR', 12.500000000, 4, 0),
	('manual', 5, 4, '2025-02-01', '2025-02-01 00:00:00', 'CPA-AU', 'REEF_LOL', 'Golden Reef', 'AU', 0.000000000, 4, 1),
	('manual', 4, 3, '2025-01-29', '2025-01-29 00:00:00', 'CPA-AU', 'REEF_LOL', 'Golden Reef', 'AU', 0.000000000, 5, 3),
	('routy', 8, 3, '2025-01-31', '2025-01-31 12:00:00', 'THIRD-AU', 'REEF_LOL', 'Golden Reef', 'AU', 40.000000000, 2, 0),
	('routy', 7, 8, '2025-01-30', '2025-01-30 00:00:00', 'THIRD-AU', 'REEF_LOL', 'Golden Reef', 'AU', 5.000000000, 2, 0),
	('routy', 6, 6, '2025-01-29', '2025-01-29 00:00:00', 'THIRD-AU', 'REEF_LOL', 'Golden Reef', 'AU', 100.000000000, 9, 2),
	('routy', 10, 3, '2025-02-02', '2025-02-02 00:00:00', 'SEARCH-US', 'Harborbet US', 'Harborbet NJ', 'US', 1.000000000, 1, 0),
	('routy', 9, 4, '2025-02-01', '2025-02-01 00:00:00', 'SEARCH-US', 'Harborbet US', 'Harborbet NJ', 'US', 22.500000000, 4, 1),
	('routy', 8, 4, '2025-01-31', '2025-01-31 00:00:00', 'UNLISTED-US', 'Harborbet US', 'Harborbet NJ', 'US', 4.400000000, 1, 0),
	('routy', 8, 2, '2025-01-31', '2025-01-31 00:00:00', 'SEARCH-US', 'Harborbet US', 'Harborbet NJ', 'US', 18.000000000, 7, 0),
	('routy', 7, 10, '2025-01-30', '2025-01-30 00:00:00', 'VIDEO-US', 'Harborbet US', 'Harborbet NJ', 'US', -15.000000000, 1, 0),
	('routy', 7, 2, '2025-01-30', '2025-01-30 00:00:00', 'SEARCH-US', 'Harborbet US', 'Harborbet NJ', 'US', 25.000000000, 8, 0),
	('routy', 6, 2, '2025-01-29', '2025-01-29 00:00:00', 'SEARCH-US', 'Harborbet US', 'Harborbet NJ', 'US', 30.000000000, 12, 1),
	('routy', 6, 3, '2025-01-29', '2025-01-29 08:15:00', 'SEARCH-US', 'Harborbet US', 'Harborbet PA', 'US', 10.000000000, 5, 0),
	('manual', 5, 2, '2025-02-01', '2025-02-01 00:00:00', 'SEARCH-US', 'Harborbet US', 'Harborbet US', 'US', 7.500000000, 1, 0),
	('manual', 5, 3, '2025-02-01', '2025-02-01 00:00:00', 'SEARCH-US', 'Nordspin SE', 'Nordspin', 'SE', -3.000000000, 0, 0),
	('routy', 10, 6, '2025-02-02', '2025-02-02 00:00:00', 'NEWS-SE', 'Nordspin SE', 'Nordspin', 'SE', 0.005000000, 1, 0),
	('routy', 9, 3, '2025-02-01', '2025-02-01 00:00:00', 'NEWS-SE', 'Nordspin SE', 'Nordspin', 'SE', 0, 2, 0),
	('routy', 7, 9, '2025-01-30', '2025-01-30 00:00:00', 'THIRD-AU', 'Nordspin SE', 'Nordspin', 'SE', 5.000000000, 1, 0),
	('routy', 6, 5, '2025-01-29', '2025-01-29 10:05:07', 'NEWS-SE', 'Nordspin SE', 'Nordspin', 'SE', 7.250000000, 3, 1),
	('routy', 10, 5, '2025-02-02', '2025-02-02 00:00:00', 'SEARCH-US', 'Pixel Palace', 'Pixel Palace', 'US', 1.000000000, 1, 0),
	('routy', 7, 3, '2025-01-30', '2025-01-30 00:00:00', 'SEARCH-US', 'Pixel Palace', 'Pixel Palace', 'US', 25.000000000, 6, 1);
INSERT INTO silver.voluum_brands VALUES
	('vol-apps', 'vol-apps', 'APPS-AU'),
	('vol-news', 'vol-news', 'NEWS-SE'),
	('vol-search-1', 'vol-search-1', 'SEARCH-US'),
	('vol-search-2', 'vol-search-2', 'SEARCH-US'),
	('vol-video', 'vol-video', 'VIDEO-US');
SELECT pg_catalog.setval('bronze.files_load_id_seq', 19, true);
ALTER TABLE ONLY bronze.calculations
    ADD CONSTRAINT calculations_pkey PRIMARY KEY (part, day);
ALTER TABLE ONLY bronze.central_mapping
    ADD CONSTRAINT central_mapping_pkey PRIMARY KEY (_load_id, _line);
ALTER TABLE ONLY bronze.deals
    ADD CONSTRAINT deals_pkey PRIMARY KEY (_load_id, _line);
ALTER TABLE ONLY bronze.files
    ADD CONSTRAINT files_pkey PRIMARY KEY (load_id);
ALTER TABLE ONLY bronze.manual
    ADD CONSTRAINT manual_pkey PRIMARY KEY (_load_id, _line);
ALTER TABLE ONLY bronze.quarantine
    ADD CONSTRAINT quarantine_pkey PRIMARY KEY (load_id, line);
ALTER TABLE ONLY bronze.routy
    ADD CONSTRAINT routy_pkey PRIMARY KEY (_load_id, _line);
ALTER TABLE ONLY bronze.scrapers
    ADD CONSTRAINT scrapers_pkey PRIMARY KEY (_load_id, _line);
ALTER TABLE ONLY bronze.sources
    ADD CONSTRAINT sources_pkey PRIMARY KEY (source);
ALTER TABLE ONLY bronze.voluum_mapper
    ADD CONSTRAINT voluum_mapper_pkey PRIMARY KEY (_load_id, _line);
ALTER TABLE ONLY bronze.voluum
    ADD CONSTRAINT voluum_pkey PRIMARY KEY (_load_id, _line);
ALTER TABLE ONLY gold.published_days
    ADD CONSTRAINT published_days_pkey PRIMARY KEY (part, date);
ALTER TABLE ONLY gold.scraper_commission_by_operator
    ADD CONSTRAINT scraper_commission_by_operator_pkey PRIMARY KEY (date, marketing_source, operator);
ALTER TABLE ONLY gold.scraper_commission_daily
    ADD CONSTRAINT scraper_commission_daily_pkey PRIMARY KEY (date, marketing_source);
ALTER TABLE ONLY gold.solution_1_marketing_daily
    ADD CONSTRAINT solution_1_marketing_daily_pkey PRIMARY KEY (marketing_source, date);
ALTER TABLE ONLY gold.solution_1_operators_daily
    ADD CONSTRAINT solution_1_operators_daily_pkey PRIMARY KEY (marketing_source, date, operator);
ALTER TABLE ONLY gold.solution_1_operators_monthly
    ADD CONSTRAINT solution_1_operators_monthly_pkey PRIMARY KEY (operator, month);
ALTER TABLE ONLY gold.solution_2_marketing_daily
    ADD CONSTRAINT solution_2_marketing_daily_pkey PRIMARY KEY (marketing_source, date);
ALTER TABLE ONLY gold.solution_2_operators_daily
    ADD CONSTRAINT solution_2_operators_daily_pkey PRIMARY KEY (marketing_source, date, operator);
ALTER TABLE ONLY gold.solution_2_operators_monthly
    ADD CONSTRAINT solution_2_operators_monthly_pkey PRIMARY KEY (operator, month);
ALTER TABLE ONLY gold.solution_3_marketing_daily
    ADD CONSTRAINT solution_3_marketing_daily_pkey PRIMARY KEY (marketing_source, date);
ALTER TABLE ONLY gold.solution_3_operators_monthly
    ADD CONSTRAINT solution_3_operators_monthly_pkey PRIMARY KEY (operator, month);
ALTER TABLE ONLY gold.web_commission_by_operator
    ADD CONSTRAINT web_commission_by_operator_pkey PRIMARY KEY (date, marketing_source, operator);
ALTER TABLE ONLY gold.web_commission_daily
    ADD CONSTRAINT web_commission_daily_pkey PRIMARY KEY (date, marketing_source);
ALTER TABLE ONLY silver.clicks_daily
    ADD CONSTRAINT clicks_daily_pkey PRIMARY KEY (date, marketing_source);
ALTER TABLE ONLY silver.country
    ADD CONSTRAINT country_pkey PRIMARY KEY (country);
ALTER TABLE ONLY silver.deals
    ADD CONSTRAINT deals_pkey PRIMARY KEY (marketing_source, in_force_from);
ALTER TABLE ONLY silver.marketing_sources
    ADD CONSTRAINT marketing_sources_pkey PRIMARY KEY (marketing_source);
ALTER TABLE ONLY silver.operator_variants
    ADD CONSTRAINT operator_variants_pkey PRIMARY KEY (name_key);
ALTER TABLE ONLY silver.operators
    ADD CONSTRAINT operators_pkey PRIMARY KEY (operator);
ALTER TABLE ONLY silver.scraper_increases
    ADD CONSTRAINT scraper_increases_pkey PRIMARY KEY (marketing_source, operator, country, date);
ALTER TABLE ONLY silver.scraper_observations
    ADD CONSTRAINT scraper_observations_pkey PRIMARY KEY (marketing_source, operator, country, date);
ALTER TABLE ONLY silver.traffic_events
    ADD CONSTRAINT traffic_events_pkey PRIMARY KEY (load_id, line);
ALTER TABLE ONLY silver.voluum_brands
    ADD CONSTRAINT voluum_brands_pkey PRIMARY KEY (voluum_brand_key);
CREATE INDEX files_by_name ON bronze.files USING btree (source, file, load_id);
CREATE UNIQUE INDEX files_in_force ON bronze.files USING btree (source, file) WHERE ((status = 'loaded'::text) AND (superseded_at IS NULL));
CREATE INDEX manual_by_day ON bronze.manual USING btree (_day);
CREATE INDEX quarantine_by_day ON bronze.quarantine USING btree (source, day) WHERE (resolved_at IS NULL);
CREATE INDEX routy_by_day ON bronze.routy USING btree (_day);
CREATE INDEX scrapers_by_day ON bronze.scrapers USING btree (_day);
CREATE INDEX voluum_by_day ON bronze.voluum USING btree (_day);
CREATE INDEX "04f9c2752d92059f7a572288ab4f2b56" ON gold.scraper_commission_by_operator USING btree (date);
CREATE INDEX "83405251603f93d8f88b86cc2b854a40" ON gold.scraper_commission_daily USING btree (date);
CREATE INDEX b315369285e126a34632d001ae09f2b7 ON gold.web_commission_by_operator USING btree (date);
CREATE INDEX cf2e0a43542350d60c878875508e2bb4 ON gold.web_commission_daily USING btree (date);
CREATE INDEX "20224282c0d785b8f71de719e4880ee7" ON silver.scraper_observations USING btree (date);
CREATE INDEX "2a946ffe3047abb9cedf404a1f1a7198" ON silver.scraper_observations USING btree (operator);
CREATE INDEX "64742773a5c912609647547682abc7a3" ON silver.scraper_increases USING btree (date);
CREATE INDEX "8b4c0d6fe8ebc27f09cff939397138d1" ON silver.traffic_events USING btree (marketing_source);
CREATE INDEX "9f037ae459d1f401e3b27e0073869f72" ON silver.clicks_daily USING btree (date);
CREATE INDEX b2e6c2fd5042cf6391b94237e9172e4e ON silver.traffic_events USING btree (date);
CREATE INDEX b9c3ebe4eb5d117fb407339a5b21e6d9 ON silver.scraper_observations USING btree (country);
CREATE INDEX df855e898148982bcc3dc693818ba474 ON silver.traffic_events USING btree (operator);
CREATE INDEX e8aeeb4c090bdc475642c92132e077ea ON silver.traffic_events USING btree (country);
ALTER TABLE ONLY bronze.quarantine
    ADD CONSTRAINT quarantine_load_id_fkey FOREIGN KEY (load_id) REFERENCES bronze.files(load_id);
