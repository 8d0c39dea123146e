"""Runs inside the statsforecast environment: interval anomaly scores of AutoETS and MSTL on log counts.

In-sample one-step intervals with parameters fitted on the whole series: the library's own recipe for anomaly
detection, and an advantage over a causal detector.
"""

import sys
import time
import warnings

import numpy as np
import pandas as pd
import statsforecast
from statsforecast import StatsForecast
from statsforecast.models import MSTL, AutoETS

assert statsforecast.__version__ == "2.1.0", statsforecast.__version__
warnings.filterwarnings("ignore")
given, answer = sys.argv[1:3]
counts = pd.DataFrame(np.load(given)["counts"].T).ffill().bfill().to_numpy().T
n, days = counts.shape
frame = pd.DataFrame(
    {
        "unique_id": np.repeat(np.arange(n), days),
        "ds": np.tile(pd.date_range("2026-01-01", periods=days), n),
        "y": np.log1p(counts.ravel()),
    }
)
out = {}
for name, model in (("AutoETS", AutoETS(season_length=7)), ("MSTL", MSTL(season_length=7))):
    begun = time.process_time()
    forecast = StatsForecast(models=[model], freq="D")
    forecast.forecast(df=frame, h=1, fitted=True, level=[99])
    fitted = forecast.forecast_fitted_values()
    out[f"{name}_cpu"] = np.array(time.process_time() - begun)
    half = (fitted[f"{name}-hi-99"] - fitted[f"{name}-lo-99"]) / 2
    out[name] = np.nan_to_num(((fitted["y"] - fitted[name]).abs() / half).to_numpy().reshape(n, days))
np.savez(answer, **out)
