"""Runs inside the statsmodels environment: three usual answers to "did this change cause that?".

`pages` has shape (cases, pages, days), the changed page first. Saves p-values of an interrupted time series with HAC
errors, of a difference in differences with HAC errors, and of a CausalImpact-style structural model (local level,
weekly season, regression on the mean of the controls; p from 300 simulated paths).
"""

import json
import sys
import warnings
from importlib.metadata import version

import numpy as np
import statsmodels.api as sm

assert version("statsmodels") == "0.15.0", version("statsmodels")
warnings.filterwarnings("ignore")
given, answer, options = sys.argv[1:4]
change = json.loads(options)["change"]
p_its, p_did, p_structural = [], [], []
for pages in np.load(given)["pages"]:
    x = np.log(pages)
    days = x.shape[1]
    after = (np.arange(days) >= change).astype(float)
    week = np.eye(7)[np.arange(days) % 7][:, 1:]
    design = sm.add_constant(np.column_stack([np.arange(days) / days, after, week]))
    p_its.append(sm.OLS(x[0], design).fit(cov_type="HAC", cov_kwds={"maxlags": 7}).pvalues[2])
    control = x[1:].mean(axis=0)
    did = sm.add_constant(np.column_stack([after]))
    p_did.append(sm.OLS(x[0] - control, did).fit(cov_type="HAC", cov_kwds={"maxlags": 7}).pvalues[1])
    model = sm.tsa.UnobservedComponents(x[0][:change], "llevel", seasonal=7, exog=control[:change])
    fitted = model.fit(disp=False, maxiter=100)
    paths = fitted.simulate(
        days - change, repetitions=300, anchor="end", exog=control[change:].reshape(-1, 1), rng=np.random.default_rng(1)
    )
    means = np.asarray(paths).reshape(days - change, -1).mean(axis=0)
    below = np.mean(means < x[0][change:].mean())
    p_structural.append(2 * min(below, 1 - below))
np.savez(answer, its=np.array(p_its), did=np.array(p_did), structural=np.array(p_structural))
