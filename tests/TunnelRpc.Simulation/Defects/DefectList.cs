namespace TunnelRpc.Simulation.Defects;

/// <summary>The bugs that the simulation must find. One whose text has left the sources fails the suite: give it its new place.</summary>
internal static class DefectList
{
    private const string Runtime = "src/Framework/TunnelRpc/";
    private const string Client = "src/Framework/TunnelRpc.Client/";

    public static readonly IReadOnlyList<Defect> All =
    [
        // Sessions: bytes exactly once, in order, on whatever path.
        new("nothing-sent-again", Runtime + "Sessions/SendBuffer.cs", "NextSendOffset = AcknowledgedOffset;", "if (!HERE) { NextSendOffset = AcknowledgedOffset; }"),
        new("duplicates-not-passed-over", Runtime + "Sessions/ReceiveTracker.cs", "if (known > 0)", "if (known > 0 && !HERE)"),
        new("memory-back-before-acknowledged", Runtime + "Sessions/SendBuffer.cs", "long releasable = Math.Min(AcknowledgedOffset, _completedOffset);", "long releasable = HERE ? _completedOffset : Math.Min(AcknowledgedOffset, _completedOffset);"),
        new("acknowledged-too-much", Runtime + "Sessions/SessionOutput.cs", "ControlRecords.ComposeDue(received)", "ControlRecords.ComposeDue(HERE && received > 2000 ? received + 1 : received)"),
        new("start-off-by-one", Runtime + "Sessions/SessionOutput.cs", "ControlRecords.OnMigrated(SendBuffer.AcknowledgedOffset);", "ControlRecords.OnMigrated(SendBuffer.AcknowledgedOffset - (HERE ? 1 : 0));"),
        new("replay-limit-ignored", Runtime + "Sessions/SessionWriter.cs", "UnsentBytes + reservedBytes < UnsentPauseThresholdBytes\n        && UnacknowledgedBytes + reservedBytes < _options.Limits.MaxUnacknowledgedBytes;", "UnsentBytes + reservedBytes < UnsentPauseThresholdBytes\n        && (HERE || UnacknowledgedBytes + reservedBytes < _options.Limits.MaxUnacknowledgedBytes);", Seeds: 5000),
        new("acknowledger-leaks", Runtime + "Sessions/TunnelSession.cs", "await _acknowledger!.DisposeAsync().ConfigureAwait(false);", "if (!HERE) { await _acknowledger!.DisposeAsync().ConfigureAwait(false); }"),
        new("keepalive-leaks", Runtime + "Sessions/SessionPath.cs", "await _keepAliveTimer!.DisposeAsync().ConfigureAwait(false);", "if (!HERE) { await _keepAliveTimer!.DisposeAsync().ConfigureAwait(false); }"),
        new("keepalive-gives-up-never", Runtime + "Sessions/KeepAlive.cs", "++_unansweredPings > maxUnansweredPings", "++_unansweredPings > maxUnansweredPings && !HERE"),

        new("resume-window-leaks", Runtime + "Sessions/PathManager.cs", "_resumeWindowTimer?.Dispose();", "if (!HERE) { _resumeWindowTimer?.Dispose(); }"),
        new("resumes-once", Client + "Paths/PathMonitor.cs", "while (!hasResumed)\n        {", "while (!hasResumed)\n        {\n            if (HERE && backoff.NextDelay() > _options.ReconnectDelay) { break; }\n"),

        // Streams: credit and order.
        new("credit-twice", Runtime + "Multiplexing/ReceiveWindow.cs", "_pendingCredit = 0;", "_pendingCredit = HERE ? credit / 2 : 0;"),
        new("credit-wakes-nobody", Runtime + "Multiplexing/SendWindow.cs", "if (_isWaiting && _credit > 0)", "if (_isWaiting && _credit > 0 && !HERE)"),
        new("room-not-given-back", Runtime + "Multiplexing/SendScheduler.cs", "_grantedBytes -= bytes;", "_grantedBytes -= HERE ? bytes / 2 : bytes;"),

        // Calls: each once, with room for those behind.
        new("waiter-keeps-its-turn", Runtime + "Multiplexing/OutgoingCallLimiter.cs", "                // The waiter was woken while its wait was cancelled: wake the next one instead, or a free permit would stay unused.\n                WakeNextLocked();", "                if (!HERE) { WakeNextLocked(); }", Seeds: 5000),
        new("cancelled-call-keeps-its-room", Runtime + "Multiplexing/Multiplexer.cs", "stream.OutgoingPermit.Dispose();\n        return true;", "if (!HERE || id % 16 != 5) { stream.OutgoingPermit.Dispose(); }\n        return true;"),
        new("one-way-calls-not-reported", Runtime + "Multiplexing/IncomingCallLimiter.cs", "Math.Max(1, _limit / 4)", "Math.Max(1, HERE ? _limit * 2 : _limit / 4)"),
        new("order-not-kept-by-the-caller", Runtime + "Calls/CallOpener.cs", "bool inOrder = method.IsOrdered && affinity != CallAffinity.Nested;", "bool inOrder = method.IsOrdered && affinity != CallAffinity.Nested && !HERE;"),

        new("sent-calls-told-not-sent", Runtime + "Multiplexing/CallFailure.cs", "if (stream.CallEndOffset is 0 || stream.CallEndOffset > end.SentOffset)", "if (HERE || stream.CallEndOffset is 0 || stream.CallEndOffset > end.SentOffset)"),
        new("calls-made-again-that-may-have-run", Client + "Retries/RetryState.cs", "_method is { IsIdempotent: true, HasReferences: false }", "(HERE || _method is { IsIdempotent: true, HasReferences: false })"),

        // The client.
        new("failed-attempt-keeps-its-connection", Client + "Paths/TransportAttempt.cs", "if (connection is not null)\n            {", "if (connection is not null && !HERE)\n            {"),
    ];
}
