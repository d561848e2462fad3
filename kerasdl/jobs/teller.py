"""What a run tells while it is trained: in its log, and to whom it reports."""

from kerasdl.finding import Finding
from kerasdl.jobs.reporter import Reporter
from kerasdl.rundir import RunDir


class Teller:
    """Tells findings: it logs them in the run, and reports those that are news.

    Args:
        run: The run directory.
        reporter: The progress reporter.
    """

    def __init__(self, run: RunDir, reporter: Reporter):
        self.run, self.reporter = run, reporter

    def tell(self, finding: Finding) -> None:
        """Log and report a finding."""
        self.run.log_finding(finding)
        is_note = finding.severity == "info"
        say = self.reporter.note if is_note else self.reporter.warn
        say(str(finding))

    def warn(self, kind: str, line: str) -> None:
        """Tell a warning of a kind."""
        self.tell(Finding(kind, line))

    def note(self, line: str) -> None:
        """Tell what becomes of the learning rate."""
        self.tell(Finding("schedule", line, severity="info"))

    def observe(self, finding: Finding) -> None:
        """Tell a finding of training, or log it if it only describes the run."""
        if finding.severity == "info":
            self.run.log_finding(finding)
        else:
            self.tell(finding)
