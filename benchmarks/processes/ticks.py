"""Some ticks of a home's landing zone sensor in one process; prints the seconds of each as JSON.

Belongs here: that. Does not: what lies in the landing zone.
"""

import json
import sys
import time

import dagster as dg

from growthleads_assets.automation.graph import build_defs
from growthleads_assets.commands.session import working_on
from growthleads_assets.contracts.registry import SOURCES
from growthleads_assets.home.platform import Platform
from growthleads_assets.settings import load_settings

TICKS = 4


def main() -> None:
    """Tick, each time as if nothing had been requested before."""
    taken = []
    with working_on(load_settings()) as (settings, _), dg.DagsterInstance.get() as instance:
        platform = Platform(settings, SOURCES)
        sensor = build_defs(platform).resolve_sensor_def("landing_zone_sensor")
        cursor = None
        for _ in range(TICKS):
            with platform.connected() as connection:
                connection.execute("delete from bronze.attempts")
            wall, cpu = time.perf_counter(), time.process_time()
            result = sensor(dg.build_sensor_context(instance=instance, cursor=cursor))
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            if not isinstance(result, dg.SensorResult) or not result.run_requests:
                raise ValueError(f"The tick requested nothing: {result}")
            cursor = result.cursor
            taken.append({"wall": round(wall, 3), "cpu": round(cpu, 3)})
    sys.stdout.write(json.dumps(taken))


if __name__ == "__main__":
    main()
