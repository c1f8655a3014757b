namespace TunnelRpc.Simulation.Defects;

/// <summary>
/// The defects that the simulation must find. The suite fails if the text of a defect no longer occurs in its file: adapt it to the
/// sources.
/// </summary>
internal static class DefectList
{
    private const string Runtime = "src/Framework/TunnelRpc/";
    private const string Client = "src/Framework/TunnelRpc.Client/";

    public static readonly IReadOnlyList<Defect> All =
    [
        // Sessions: bytes arrive exactly once, in order, on every path.
        new(
            "nothing-retransmitted",
            Runtime + "Sessions/SendBuffer.cs",
            "NextSendOffset = AcknowledgedOffset;",
            "if (!HERE) { NextSendOffset = AcknowledgedOffset; }"),
        new(
            "duplicates-not-removed",
            Runtime + "Sessions/ReceiveTracker.cs",
            "if (known > 0)",
            "if (known > 0 && !HERE)"),
        new(
            "memory-released-before-acknowledged",
            Runtime + "Sessions/SendBuffer.cs",
            "long releasable = Math.Min(AcknowledgedOffset, _completedOffset);",
            "long releasable = HERE ? _completedOffset : Math.Min(AcknowledgedOffset, _completedOffset);"),
        new(
            "acknowledged-beyond-received",
            Runtime + "Sessions/SessionOutput.cs",
            "ControlRecords.ComposeDue(received)",
            "ControlRecords.ComposeDue(HERE && received > 2000 ? received + 1 : received)"),
        new(
            "start-offset-off-by-one",
            Runtime + "Sessions/SessionOutput.cs",
            "ControlRecords.OnMigrated(SendBuffer.AcknowledgedOffset);",
            "ControlRecords.OnMigrated(SendBuffer.AcknowledgedOffset - (HERE ? 1 : 0));"),
        new(
            "max-unacknowledged-bytes-ignored",
            Runtime + "Sessions/SessionWriter.cs",
            "UnsentBytes + reservedBytes < UnsentPauseThresholdBytes\n"
            + "        && UnacknowledgedBytes + reservedBytes < UnacknowledgedLimit\n"
            + "        && _inFlightLimit.HasCapacity(UnacknowledgedBytes, reservedBytes);",
            "UnsentBytes + reservedBytes < UnsentPauseThresholdBytes\n"
            + "        && (HERE || (UnacknowledgedBytes + reservedBytes < UnacknowledgedLimit\n"
            + "        && _inFlightLimit.HasCapacity(UnacknowledgedBytes, reservedBytes)));",
            Seeds: 5000),
        new(
            "acknowledger-leaks",
            Runtime + "Sessions/TunnelSession.cs",
            "await _acknowledger!.DisposeAsync().ConfigureAwait(false);",
            "if (!HERE) { await _acknowledger!.DisposeAsync().ConfigureAwait(false); }"),
        new(
            "keepalive-timer-leaks",
            Runtime + "Sessions/SessionPath.cs",
            "await _keepAliveTimer!.DisposeAsync().ConfigureAwait(false);",
            "if (!HERE) { await _keepAliveTimer!.DisposeAsync().ConfigureAwait(false); }"),
        new(
            "keepalive-never-disconnects",
            Runtime + "Sessions/KeepAlive.cs",
            "++_unansweredPings > maxUnansweredPings",
            "++_unansweredPings > maxUnansweredPings && !HERE"),

        new(
            "resume-window-timer-leaks",
            Runtime + "Sessions/PathManager.cs",
            "_resumeWindowTimer?.Dispose();",
            "if (!HERE) { _resumeWindowTimer?.Dispose(); }"),
        new(
            "resumption-stops",
            Client + "Paths/PathMonitor.cs",
            "while (!hasResumed)\n        {",
            "while (!hasResumed)\n        {\n            if (HERE && backoff.NextDelay() > _options.ReconnectDelay) "
                + "{ await Task.Delay(Timeout.InfiniteTimeSpan, _options.TimeProvider, _stopping.Token).ConfigureAwait(false); }\n"),

        // Streams: credit and send capacity.
        new(
            "credit-granted-twice",
            Runtime + "Multiplexing/ReceiveWindow.cs",
            "_pendingCredit = 0;",
            "_pendingCredit = HERE ? credit / 2 : 0;"),
        new(
            "credit-wakes-no-sender",
            Runtime + "Multiplexing/SendWindow.cs",
            "if (_isWaiting && _credit > 0)",
            "if (_isWaiting && _credit > 0 && !HERE)"),
        new(
            "capacity-not-released",
            Runtime + "Multiplexing/SendScheduler.cs",
            "_grantedBytes -= bytes;",
            "_grantedBytes -= HERE ? bytes / 2 : bytes;"),

        // Calls: each runs once, and releases its permit for waiting calls.
        new(
            "cancelled-waiter-swallows-wakeup",
            Runtime + "Multiplexing/OutgoingCallLimiter.Waits.cs",
            "                // The waiter was woken while its wait was cancelled: wake the next one instead, or a free "
            + "permit would stay unused.\n"
            + "                WakeNextLocked();",
            "                if (!HERE) { WakeNextLocked(); }",
            Seeds: 5000),
        new(
            "removed-call-keeps-its-permit",
            Runtime + "Multiplexing/Multiplexer.cs",
            "stream.OutgoingPermit.Dispose();\n        return true;",
            "if (!HERE || id % 16 != 5) { stream.OutgoingPermit.Dispose(); }\n        return true;"),
        new(
            "one-way-calls-not-reported",
            Runtime + "Multiplexing/IncomingCallLimiter.cs",
            "Math.Max(1, _limit / 4)",
            "Math.Max(1, HERE ? _limit * 2 : _limit / 4)"),
        new(
            "caller-ignores-order",
            Runtime + "Calls/CallOpener.cs",
            "bool isOrdered = message.Method.IsOrdered && affinity != CallAffinity.Nested;",
            "bool isOrdered = message.Method.IsOrdered && affinity != CallAffinity.Nested && !HERE;"),

        new(
            "nested-calls-wait-like-others",
            Runtime + "Multiplexing/Multiplexer.Quotas.cs",
            "return affinity == CallAffinity.Nested\n",
            "return affinity == CallAffinity.Nested && !HERE\n"),
        new(
            "arguments-not-released",
            Runtime + "Multiplexing/OutgoingCallLimiter.Permit.cs",
            "if (_bytes > 0)",
            "if (_bytes > 0 && !HERE)"),
        new(
            "credit-for-items-not-sent",
            Runtime + "Multiplexing/ConsumedItems.cs",
            "is var credit and > 0)",
            "is var credit and > 0 && !HERE)"),
        new(
            "sent-calls-reported-not-sent",
            Runtime + "Multiplexing/CallFailure.cs",
            "if (stream.CallEndOffset is 0 || stream.CallEndOffset > end.SentOffset)",
            "if (HERE || stream.CallEndOffset is 0 || stream.CallEndOffset > end.SentOffset)"),
        new(
            "calls-with-unknown-outcome-retried",
            Client + "Retries/RetryState.cs",
            "_method is { IsIdempotent: true, HasReferences: false }",
            "(HERE || _method is { IsIdempotent: true, HasReferences: false })"),

        // The client's connections.
        new(
            "failed-attempt-leaks-its-connection",
            Client + "Paths/TransportAttempt.cs",
            "if (connection is not null)\n            {",
            "if (connection is not null && !HERE)\n            {"),
    ];
}
