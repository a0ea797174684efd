#!/usr/bin/env python3
"""Derive the weather files in this folder from two public Python packages.

    pip download --no-deps pvlib==0.16.1 ochre-nrel==0.9.2
    python3 derive.py pvlib-0.16.1-py3-none-any.whl ochre_nrel-0.9.2-py3-none-any.whl

Only the standard library is used; a wheel is a zip archive. Each output has one row for
every hour of a 365-day year in local standard time: `time` as MM-DDThh and the dry-bulb
`temperature_C` at that instant.
"""

import csv
import datetime
import io
import pathlib
import sys
import zipfile

HERE = pathlib.Path(__file__).parent
YEAR = 2018  # any year without a leap day


def stamp(month, day, hour):
    """The instant `hour` hours after midnight; hour 24 is midnight of the next day, and the year is a circle."""
    at = datetime.datetime(YEAR, month, day) + datetime.timedelta(hours=hour)
    return at.replace(year=YEAR)


def tmy3(text):
    """TMY3 CSV: a station line, a header line, hours 01:00 to 24:00."""
    rows = csv.DictReader(io.StringIO(text.split("\n", 1)[1]))
    for row in rows:
        month, day, _ = map(int, row["Date (MM/DD/YYYY)"].split("/"))
        yield stamp(month, day, int(row["Time (HH:MM)"][:2])), float(row["Dry-bulb (C)"])


def tmy2(text):
    """TMY2: a station line, then fixed-width records; dry bulb in columns 68-71 in tenths of a degree."""
    for line in text.splitlines()[1:]:
        if line.strip():
            yield stamp(int(line[3:5]), int(line[5:7]), int(line[7:9])), int(line[67:71]) / 10


def epw(text):
    """EnergyPlus weather: eight header lines, hours 1 to 24; dry bulb is the seventh field."""
    for row in csv.reader(text.splitlines()[8:]):
        yield stamp(int(row[1]), int(row[2]), int(row[3])), float(row[6])


def nsrdb(text):
    """NSRDB CSV: two lines of metadata, a header, half-hourly rows; the full hours are kept."""
    for row in csv.DictReader(text.splitlines()[2:]):
        if row["Minute"] == "0":
            yield stamp(int(row["Month"]), int(row["Day"]), int(row["Hour"])), float(row["Temperature"])


SOURCES = {
    "greensboro-tmy3.csv": ("pvlib", "pvlib/data/723170TYA.CSV", tmy3),
    "miami-tmy2.csv": ("pvlib", "pvlib/data/12839.tm2", tmy2),
    "denver-tmy3.csv": ("ochre", "ochre/defaults/Weather/USA_CO_Denver.Intl.AP.725650_TMY3.epw", epw),
    "fort-collins-2018.csv": ("ochre", "ochre/defaults/Weather/FortCollins_NSRDB.csv", nsrdb),
}


def main():
    wheels = {pathlib.Path(name).name.split("-")[0].split("_")[0]: zipfile.ZipFile(name) for name in sys.argv[1:]}
    for name, (package, member, read) in SOURCES.items():
        if package not in wheels:
            sys.exit(f"{name} needs the wheel of {package}; see the top of this file")
        text = wheels[package].read(member).decode("latin-1")
        series = sorted(read(text))
        assert len(series) == 8760 and len({at for at, _ in series}) == 8760, f"{name}: not one reading an hour"
        assert all(-50 < value < 50 for _, value in series), f"{name}: a reading out of range"
        lines = ["time,temperature_C"] + [f"{at:%m-%dT%H},{value:.1f}" for at, value in series]
        (HERE / name).write_text("\n".join(lines) + "\n", newline="\n")


if __name__ == "__main__":
    main()
