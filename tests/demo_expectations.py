"""What the demo's marts must say: worked out by hand from growthleads_assets/demo_data and docs/domain.md.

Terms: SEARCH-US raw + 2 clicks; BLOG-FR raw + 50, from 1 February raw + 80; NEWS-SE raw + 20 + clicks;
VIDEO-US raw + 10 + clicks; CPA-AU 25 a signup; THIRD-AU raw / 3; everyone else raw.
Clicks: SEARCH-US 15, 3, 3, 4, 2 on the five days; NEWS-SE 4, 5, 0, 3, 0; VIDEO-US 2 on 30 January.
"""

from datetime import date
from decimal import Decimal

MarketingDaily = dict[tuple[str, date], Decimal]
OperatorsMonthly = dict[tuple[str, date], Decimal]

JAN_29, JAN_30, JAN_31 = (date(2025, 1, day) for day in (29, 30, 31))
FEB_1, FEB_2 = (date(2025, 2, day) for day in (1, 2))
JANUARY, FEBRUARY = date(2025, 1, 1), date(2025, 2, 1)

MARKETING_1_INITIAL: MarketingDaily = {
    ("BLOG-FR", JAN_29): Decimal("62.50"),  # 12.50 + 50
    ("CPA-AU", JAN_29): Decimal("75.00"),  # manual: 3 signups * 25
    ("NEWS-SE", JAN_29): Decimal("31.25"),  # 7.25 + 20 + 4
    ("SEARCH-US", JAN_29): Decimal("90.00"),  # 30 + 10, manual 20, clicks (10 + 5) * 2
    ("THIRD-AU", JAN_29): Decimal("33.33"),  # 100 / 3, its blank date is the file's day
    ("SEARCH-US", JAN_30): Decimal("56.00"),  # 25 + 25 + 3 * 2, the repeated row does not count
    ("THIRD-AU", JAN_30): Decimal("3.33"),  # (5 + 5) / 3
    ("VIDEO-US", JAN_30): Decimal("0.00"),  # -15 + 10 + 2 = -3, and never below zero
    ("SEARCH-US", JAN_31): Decimal("24.00"),  # 18 + (1 + 2) * 2
    ("THIRD-AU", JAN_31): Decimal("13.33"),  # 40 / 3
    ("UNLISTED-US", JAN_31): Decimal("4.40"),  # no terms of its own: raw earnings
    ("BLOG-FR", FEB_1): Decimal("90.00"),  # 10 + 80, the new terms
    ("CPA-AU", FEB_1): Decimal("25.00"),  # manual: 1 signup * 25
    ("NEWS-SE", FEB_1): Decimal("23.00"),  # N/A is 0: 0 + 20 + 3
    ("SEARCH-US", FEB_1): Decimal("35.00"),  # 22.50, manual 7.50 - 3, clicks 4 * 2
    ("BLOG-FR", FEB_2): Decimal("85.00"),  # 5 + 80
    ("NEWS-SE", FEB_2): Decimal("20.01"),  # 0.005 + 20, half a cent goes up
    ("SEARCH-US", FEB_2): Decimal("7.00"),  # 1 + 1 + 1 + 2 * 2
}

OPERATORS_1_INITIAL: OperatorsMonthly = {
    # SEARCH-US 29th: 90.00 by 40 : 20 is 60 and 30. 30th: 56.00 by 25 : 25 is 28 and 28.
    # THIRD-AU 30th: 3.33 by 5 : 5 is 1.665 each; the odd cent goes to the name that comes first, Nordspin SE.
    ("Harborbet US", JANUARY): Decimal("116.40"),  # 60 + 28 + 0 (VIDEO-US) + 24 + 4.40
    ("LUNEFR", JANUARY): Decimal("92.50"),  # 30 + 62.50
    ("Nordspin SE", JANUARY): Decimal("32.92"),  # 31.25 + 1.67
    ("Pixel Palace", JANUARY): Decimal("28.00"),
    ("REEF_LOL", JANUARY): Decimal("123.32"),  # 33.33 + 75 + 1.66 + 13.33
    # SEARCH-US 1st: 35.00 by 30 : 0, for a chargeback takes no share. 2nd: 7.00 by 1 : 1 : 1 is 2.333 each,
    # the odd cent to Harborbet US.
    ("Harborbet US", FEBRUARY): Decimal("37.34"),  # 35 + 2.34
    ("LUNEFR", FEBRUARY): Decimal("177.33"),  # 90 + 85 + 2.33
    ("Nordspin SE", FEBRUARY): Decimal("43.01"),  # 23 + 0 + 20.01
    ("Pixel Palace", FEBRUARY): Decimal("2.33"),
    ("REEF_LOL", FEBRUARY): Decimal("25.00"),
}

MARKETING_1_CORRECTED: MarketingDaily = MARKETING_1_INITIAL | {
    ("BLOG-FR", JAN_30): Decimal("1100.00"),  # 1,050.00 mended to 1050.00, + 50
    ("NEWS-SE", JAN_30): Decimal("31.00"),  # the short line made whole: 6 + 20 + 5
    ("SEARCH-US", JAN_30): Decimal("46.00"),  # 25 + 15 + 3 * 2
    ("THIRD-AU", JAN_30): Decimal("1.67"),  # Nordspin's row is gone: 5 / 3
    ("VIDEO-US", JAN_30): Decimal("7.00"),  # -5 + 10 + 2
}

OPERATORS_1_CORRECTED: OperatorsMonthly = OPERATORS_1_INITIAL | {
    # SEARCH-US 30th: 46.00 by 25 : 15 is 28.75 and 17.25.
    ("Harborbet US", JANUARY): Decimal("124.15"),  # 60 + 28.75 + 7 (VIDEO-US) + 24 + 4.40
    ("LUNEFR", JANUARY): Decimal("1192.50"),  # 30 + 62.50 + 1100
    ("Nordspin SE", JANUARY): Decimal("62.25"),  # 31.25 + 31
    ("Pixel Palace", JANUARY): Decimal("17.25"),
    ("REEF_LOL", JANUARY): Decimal("123.33"),  # 33.33 + 75 + 1.67 + 13.33
}

MARKETING_2: MarketingDaily = {
    ("NEWS-SE", JAN_29): Decimal("0.00"),  # the first observation is the baseline
    ("SEARCH-US", JAN_29): Decimal("0.00"),
    ("THIRD-AU", JAN_29): Decimal("0.00"),
    ("NEWS-SE", JAN_30): Decimal("35.00"),  # 210 - 200 = 10, + 20 + 5
    ("SEARCH-US", JAN_30): Decimal("46.00"),  # 1030 + 510 - 1500 = 40, + 3 * 2
    ("THIRD-AU", JAN_30): Decimal("3.33"),  # 100 - 90 = 10, / 3
    ("NEWS-SE", JAN_31): Decimal("30.01"),  # 20.01 over two days: 10.005 + 20 + 0 = 30.005
    ("SEARCH-US", JAN_31): Decimal("26.50"),  # 1060 + 521 - 1540 = 41 over two days: 20.50 + 3 * 2
    ("THIRD-AU", JAN_31): Decimal("6.67"),  # 160 - 100 = 60 over three days: 20 / 3
    ("NEWS-SE", FEB_1): Decimal("33.01"),  # 10.005 + 20 + 3 = 33.005
    ("SEARCH-US", FEB_1): Decimal("28.50"),  # 20.50 + 4 * 2
    ("THIRD-AU", FEB_1): Decimal("6.67"),  # its row was quarantined: not observed, so estimated
    ("NEWS-SE", FEB_2): Decimal("25.00"),  # 235.01 - 230.01 = 5, + 20
    ("SEARCH-US", FEB_2): Decimal("4.00"),  # 40 + 530 is less than 1581, a reset: 0 + 2 * 2
    ("THIRD-AU", FEB_2): Decimal("6.67"),  # 20 / 3
}

ESTIMATED_2 = {("NEWS-SE", JAN_31), ("SEARCH-US", JAN_31), ("THIRD-AU", JAN_31), ("THIRD-AU", FEB_1)}
"""The keys of MARKETING_2 that are estimated."""

OPERATORS_2: OperatorsMonthly = {
    ("Harborbet US", JANUARY): Decimal("72.50"),  # 0 + 46 + 26.50
    ("Nordspin SE", JANUARY): Decimal("65.01"),  # 0 + 35 + 30.01
    ("REEF_LOL", JANUARY): Decimal("10.00"),  # 0 + 3.33 + 6.67
    ("Harborbet US", FEBRUARY): Decimal("32.50"),  # 28.50 + 4
    ("Nordspin SE", FEBRUARY): Decimal("58.01"),  # 33.01 + 25
    ("REEF_LOL", FEBRUARY): Decimal("13.34"),  # 6.67 + 6.67
}

MARKETING_3_INITIAL: MarketingDaily = {
    ("BLOG-FR", JAN_29): Decimal("62.50"),
    ("CPA-AU", JAN_29): Decimal("75.00"),
    ("NEWS-SE", JAN_29): Decimal("31.25"),  # 31.25 + 0
    ("SEARCH-US", JAN_29): Decimal("90.00"),  # 90 + 0
    ("THIRD-AU", JAN_29): Decimal("33.33"),  # 33.33 + 0
    ("NEWS-SE", JAN_30): Decimal("35.00"),  # scrapers only
    ("SEARCH-US", JAN_30): Decimal("102.00"),  # 56 + 46
    ("THIRD-AU", JAN_30): Decimal("6.66"),  # 3.33 + 3.33: two equal amounts are two amounts
    ("VIDEO-US", JAN_30): Decimal("0.00"),
    ("NEWS-SE", JAN_31): Decimal("30.01"),  # scrapers only
    ("SEARCH-US", JAN_31): Decimal("50.50"),  # 24 + 26.50
    ("THIRD-AU", JAN_31): Decimal("20.00"),  # 13.33 + 6.67
    ("UNLISTED-US", JAN_31): Decimal("4.40"),
    ("BLOG-FR", FEB_1): Decimal("90.00"),
    ("CPA-AU", FEB_1): Decimal("25.00"),
    ("NEWS-SE", FEB_1): Decimal("56.01"),  # 23 + 33.01
    ("SEARCH-US", FEB_1): Decimal("63.50"),  # 35 + 28.50
    ("THIRD-AU", FEB_1): Decimal("6.67"),  # scrapers only
    ("BLOG-FR", FEB_2): Decimal("85.00"),
    ("NEWS-SE", FEB_2): Decimal("45.01"),  # 20.01 + 25
    ("SEARCH-US", FEB_2): Decimal("11.00"),  # 7 + 4
    ("THIRD-AU", FEB_2): Decimal("6.67"),  # scrapers only
}

MARKETING_3_CORRECTED: MarketingDaily = MARKETING_3_INITIAL | {
    ("BLOG-FR", JAN_30): Decimal("1100.00"),
    ("NEWS-SE", JAN_30): Decimal("66.00"),  # 31 + 35
    ("SEARCH-US", JAN_30): Decimal("92.00"),  # 46 + 46
    ("THIRD-AU", JAN_30): Decimal("5.00"),  # 1.67 + 3.33
    ("VIDEO-US", JAN_30): Decimal("7.00"),
}

OPERATORS_3_INITIAL: OperatorsMonthly = {
    ("Harborbet US", JANUARY): Decimal("188.90"),  # 116.40 + 72.50
    ("LUNEFR", JANUARY): Decimal("92.50"),
    ("Nordspin SE", JANUARY): Decimal("97.93"),  # 32.92 + 65.01
    ("Pixel Palace", JANUARY): Decimal("28.00"),
    ("REEF_LOL", JANUARY): Decimal("133.32"),  # 123.32 + 10
    ("Harborbet US", FEBRUARY): Decimal("69.84"),  # 37.34 + 32.50
    ("LUNEFR", FEBRUARY): Decimal("177.33"),
    ("Nordspin SE", FEBRUARY): Decimal("101.02"),  # 43.01 + 58.01
    ("Pixel Palace", FEBRUARY): Decimal("2.33"),
    ("REEF_LOL", FEBRUARY): Decimal("38.34"),  # 25 + 13.34
}

OPERATORS_3_CORRECTED: OperatorsMonthly = OPERATORS_3_INITIAL | {
    ("Harborbet US", JANUARY): Decimal("196.65"),  # 124.15 + 72.50
    ("LUNEFR", JANUARY): Decimal("1192.50"),
    ("Nordspin SE", JANUARY): Decimal("127.26"),  # 62.25 + 65.01
    ("Pixel Palace", JANUARY): Decimal("17.25"),
    ("REEF_LOL", JANUARY): Decimal("133.33"),  # 123.33 + 10
}

QUARANTINED_INITIAL = {
    ("routy", JAN_30, 4, "duplicate"),
    ("routy", JAN_30, 5, "not_a_decimal"),
    ("routy", JAN_30, 6, "field_count"),
    ("routy", JAN_30, 7, "date_outside_day"),
    ("routy", FEB_1, 5, "out_of_range"),
    ("routy", FEB_1, 6, "null_not_allowed"),
    ("scrapers", FEB_1, 5, "not_a_decimal"),
}
"""Source, day, line and reason of the quarantined rows; the correction mends those of 30 January."""

QUARANTINED_CORRECTED = {row for row in QUARANTINED_INITIAL if row[:2] != ("routy", JAN_30)}
