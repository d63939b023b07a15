"""Reports of a run, for people and for programs: on the terminal, and in files."""

from conformance.reports.streams import Progress, abandon, outliving
from conformance.reports.terminal import print_result
from conformance.reports.texts import visible
from conformance.reports.writing import ReportError, check_report_paths, write_reports

__all__ = [
    "Progress",
    "ReportError",
    "abandon",
    "check_report_paths",
    "outliving",
    "print_result",
    "visible",
    "write_reports",
]
