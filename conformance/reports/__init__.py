"""What a run found out, told to people and to programs: on the terminal, and in files."""

from conformance.reports.progress import Progress
from conformance.reports.terminal import print_result
from conformance.reports.writing import ReportError, check_report_paths, write_reports

__all__ = [
    "Progress",
    "ReportError",
    "check_report_paths",
    "print_result",
    "write_reports",
]
