namespace TunnelRpc.Transports.Legs.Client;

// Decision: docs/adr/0080-a-second-probe.md
/// <summary>
/// Proves that an upload streams: writes a probe, waits until the server reports it on the download leg, and does it once more. If a report
/// does not arrive, it determines how the upload is buffered, within 3 s. One instance per upload. Not thread-safe.
/// </summary>
internal sealed class UploadProber(ClientLegConnection connection, UploadRequest upload)
{
    // One after the other: the first may pass a buffer that the upload's own head has flushed.
    private const int ProbeCount = 2;

    // The time that each step of the diagnosis waits for a report.
    private static readonly TimeSpan StepTimeout = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan LastStepTimeout = TimeSpan.FromMilliseconds(500);
    private static readonly int[] PaddingSizes = [4 * 1024, 16 * 1024, 64 * 1024];

    private long _lastProbe;
    private long _writtenBytes;

    private long LastSeenProbe =>
        connection.LastSeenProbe >> 32 == upload.Epoch ? connection.LastSeenProbe & uint.MaxValue : 0;

    /// <summary>Writes each probe and waits for its report; returns false if one does not arrive in time.</summary>
    public async ValueTask<bool> TryProbeAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        for (int i = 0; i < ProbeCount; i++)
        {
            await WriteProbeAsync(0, cancellationToken).ConfigureAwait(false);
            if (await WaitForProbeAsync(timeout, cancellationToken).ConfigureAwait(false) != _lastProbe)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Writes each probe and waits for its report. If one does not arrive, diagnoses the upload.</summary>
    /// <exception cref="TransportException">The upload does not stream. The message has the diagnosis.</exception>
    public async ValueTask ProbeAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (await TryProbeAsync(timeout, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        // The time limit of the diagnosis: its writes may block if no one reads the upload.
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(3), connection.TimeProvider);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        string reason;
        try
        {
            if (await DiagnoseAsync(stop.Token).ConfigureAwait(false) is not { } diagnosis)
            {
                return;
            }

            reason = diagnosis;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // An upload that broke is diagnosed like one that is stuck, unless the server has responded.
            ThrowIfEnded();
            reason = $"the upload is dropped: none of it arrived, and writing stopped after {_writtenBytes} bytes ({exception.Message}).";
        }

        throw new TransportException($"{connection.TransportName}: {reason} Use blocks (n-plus-one), which do not need to stream.")
        {
            IsPermanent = true,
        };
    }

    // Returns null when the upload streams after all.
    private async ValueTask<string?> DiagnoseAsync(CancellationToken cancellationToken)
    {
        long arrivedProbe = LastSeenProbe;
        long arrivedBytes = arrivedProbe * LegRecordWriter.ControlRecordBytes;
        await WriteProbeAsync(0, cancellationToken).ConfigureAwait(false);
        long seen = await WaitForProbeAsync(StepTimeout, cancellationToken).ConfigureAwait(false);
        if (seen > arrivedProbe)
        {
            return seen == _lastProbe ? null : "the upload is delayed by one write: written bytes arrive only after the next write.";
        }

        foreach (int padding in PaddingSizes)
        {
            long before = _writtenBytes;
            await WriteProbeAsync(padding, cancellationToken).ConfigureAwait(false);
            if (await WaitForProbeAsync(StepTimeout, cancellationToken).ConfigureAwait(false) > arrivedProbe)
            {
                return $"the upload is buffered below {_writtenBytes - arrivedBytes} bytes: {before - arrivedBytes} bytes did not arrive "
                    + $"within {StepTimeout.TotalMilliseconds:0} ms, but arrived after {_writtenBytes - before} more.";
            }
        }

        upload.CompleteBody();
        seen = await WaitForProbeAsync(LastStepTimeout, cancellationToken).ConfigureAwait(false);
        return seen > arrivedProbe || upload.IsAccepted
            ? $"the upload is buffered until it is complete: {_writtenBytes - arrivedBytes} bytes did not arrive until the request had "
                + "ended. A proxy buffers requests, as nginx does unless proxy_request_buffering is off."
            : $"the upload is dropped: none of {_writtenBytes - arrivedBytes} bytes arrived within "
                + $"{LastStepTimeout.TotalMilliseconds:0} ms after the request had ended.";
    }

    private async ValueTask WriteProbeAsync(int paddingBytes, CancellationToken cancellationToken)
    {
        int paddingRecordBytes = paddingBytes > 0 ? LegRecordWriter.HeaderBytes + paddingBytes : 0;
        byte[] records = new byte[LegRecordWriter.ControlRecordBytes + paddingRecordBytes];
        LegRecordWriter.WriteControl(records, LegRecordType.Probe, ++_lastProbe);
        if (paddingBytes > 0)
        {
            LegRecordWriter.WriteHeader(records.AsSpan(LegRecordWriter.ControlRecordBytes), LegRecordType.Padding, paddingBytes);
        }

        _writtenBytes += records.Length;
        await upload.WriteAsync(records, cancellationToken).ConfigureAwait(false);
    }

    // Returns the number of the last reported probe, when it is the last written one or when the time has elapsed.
    private async ValueTask<long> WaitForProbeAsync(TimeSpan timeLimit, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(timeLimit, connection.TimeProvider);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        while (true)
        {
            Task report = connection.ReportReceived.WaitAsync();
            ThrowIfEnded();
            if (LastSeenProbe == _lastProbe || upload.IsAccepted)
            {
                return LastSeenProbe;
            }

            try
            {
                await report.WaitAsync(stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (timeout.IsCancellationRequested)
            {
                return LastSeenProbe;
            }
        }
    }

    private void ThrowIfEnded()
    {
        if (connection.Failure is { } failure)
        {
            throw failure;
        }

        if (upload is { EndReason: { } end, IsAccepted: false })
        {
            throw end;
        }
    }
}
