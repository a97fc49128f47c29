"""Tables 1, 3 and 4 of Smith 2017: the published figures, ours at the same iterations, and what is not recorded."""

from clr_utils.findings import race, smith_tables
from clr_utils.studies.smith import ADAPTIVE


def test_the_table_stands_beside_the_published_one(recorded_race):
    found = smith_tables.table_1()
    assert found["published"].tolist() == ["81.4", "81.4", "78.5", "79.1", "82.2"]
    assert found["iterations"].tolist() == ["70,000", "25,000", "25,000", "70,000", "42,000"]
    assert found.loc["triangular2", "seeds"] == 10
    assert found.loc["decay", "seeds"] == 10
    assert found.loc["exp_range, both bounds fall", found.columns[2]] == "-"


def test_what_the_table_leaves_open_stands_beside_it_too(recorded_race):
    recorded_race |= {"exp_range_bounds": 69.0, "triangular": 60.0}
    found = smith_tables.open_readings()
    assert found["published"].tolist() == ["81.4", "79.1", "82.2", "82.2", "-", "-"]
    assert found["seeds"].tolist() == [0, 0, 0, 10, 10, 10]
    foot, end = found.loc["triangular", found.columns[2]]
    assert foot < end, "the same runs, read at two iterations"


def test_the_full_scale_stands_beside_the_reduced_one(recorded_race, monkeypatch):
    monkeypatch.setattr(race, "seeds_recorded", lambda names, scale: {"reduced": (2, 3), "full": (2,)}[scale])
    found = smith_tables.full_scale()
    assert found.columns.tolist() == ["iterations", "published", "ours, reduced", "ours, full"]
    assert found.loc["triangular2", "ours, full"] == "68.7"
    assert found.loc["triangular2", "ours, reduced"].startswith("68.8 [")
    assert found.loc["stage means, no cycles", "published"] == "-"


def test_table_3_has_ours_below_the_published_figures(recorded_race):
    recorded_race |= {"adam_low": 60.02, "adam_triangular": 62.02, "nesterov_triangular": 64.02}
    found = smith_tables.table_3()
    assert found.index.tolist() == [(name, row) for name in ADAPTIVE for row in ("published", "ours, reduced")]
    assert found.loc[("adam", "published")].tolist() == ["81.4", "79.8", "81.1", "-"]
    unpublished = found.xs("published", level=1) == "-"
    assert unpublished.sum().tolist() == [0, 0, 3, 5]
    low, middle, end, high = found.loc[("adam", "ours, reduced")]
    assert (low[:4], end[:4], high) == ("60.7", "62.7", "-")
    assert middle < end, "its training has 70,000 iterations, and is read at 25,000, too"
    _, middle, end, _ = found.loc[("nesterov", "ours, reduced")]
    assert (middle[:4], end) == ("64.7", "-"), "its training ends at 25,000"


def test_table_4_has_ours_below_both_published_columns(recorded_race, monkeypatch):
    recorded_race |= {"resnet_triangular_0.3": 70.0, "densenet_triangular_0.2": 72.0, "densenet_triangular_0.3": 99.0}
    known = recorded_race.keys()
    monkeypatch.setattr(race, "seeds_recorded", lambda names, scale="reduced": (2,) if {*names} <= known else ())
    found = smith_tables.table_4()
    assert found.loc[("resnet", "published, cifar10")].tolist() == ["92.8", "93.3", "91.8", "93.6"]
    assert found.loc[("densenet", "published, cifar100")].tolist() == ["75.2", "75.3", "74.5", "75.9"]
    assert found.loc[("resnet", "ours, cifar10, reduced")].tolist() == ["-", "-", "-", "70.2"]
    assert found.loc[("densenet", "ours, cifar10, reduced"), "cycles"] == "72.2", "as published, up to 0.2"
    assert (found.loc["stochastic_depth"].loc["ours, cifar10, reduced"] == "-").all()
    assert not (found[found.index.get_level_values(1) != "ours, cifar10, reduced"] == "-").any(axis=None)
