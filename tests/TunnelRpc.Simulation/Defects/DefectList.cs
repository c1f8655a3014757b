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
        new("resumes-once", Client + "Negotiation/PathMonitor.cs", "while (!hasMoved)\n        {", "while (!hasMoved)\n        {\n            if (HERE && backoff.Next() > _options.ReconnectDelay) { break; }\n"),

        // Streams: credit and order.
        new("credit-twice", Runtime + "Multiplexing/ReceiveWindow.cs", "_owed = 0;", "_owed = HERE ? give / 2 : 0;"),
        new("credit-wakes-nobody", Runtime + "Multiplexing/SendWindow.cs", "if (_waiting && _credit > 0)", "if (_waiting && _credit > 0 && !HERE)"),
        new("room-not-given-back", Runtime + "Multiplexing/SendScheduler.cs", "_reserved -= bytes;", "_reserved -= HERE ? bytes / 2 : bytes;"),

        // Calls: each once, with room for those behind.
        new("waiter-keeps-its-turn", Runtime + "Multiplexing/OutgoingCallLimiter.cs", "                // The turn came as the wait was given up: it is passed on, or it would be lost to those behind.\n                WakeNextLocked();", "                if (!HERE) { WakeNextLocked(); }", Seeds: 5000),
        new("cancelled-call-keeps-its-room", Runtime + "Multiplexing/Multiplexer.cs", "if (!_streams.IsPeerInitiated(id))\n        {\n            _outgoing.Exit();", "if (!_streams.IsPeerInitiated(id))\n        {\n            if (!HERE || id % 16 != 5) { _outgoing.Exit(); }"),
        new("one-way-calls-not-reported", Runtime + "Multiplexing/IncomingCallLimiter.cs", "Math.Max(1, limit / 4)", "Math.Max(1, HERE ? limit * 2 : limit / 4)"),
        new("order-not-kept-by-the-caller", Runtime + "Calls/CallOpener.cs", "bool inOrder = method.IsOrdered && place != CallAffinity.Nested;", "bool inOrder = method.IsOrdered && place != CallAffinity.Nested && !HERE;"),

        new("sent-calls-told-not-sent", Runtime + "Multiplexing/CallFailure.cs", "if (call.CallEndOffset is 0 || call.CallEndOffset > end.Sent)", "if (HERE || call.CallEndOffset is 0 || call.CallEndOffset > end.Sent)"),
        new("calls-made-again-that-may-have-run", Client + "Repeating/RetryState.cs", "_method is { IsIdempotent: true, HasReferences: false }", "(HERE || _method is { IsIdempotent: true, HasReferences: false })"),

        // The client.
        new("failed-attempt-keeps-its-connection", Client + "Negotiation/Attempt.cs", "if (connection is not null)\n            {", "if (connection is not null && !HERE)\n            {"),
    ];
}
