namespace TunnelRpc.Transports.Legs.Client;

/// <summary>
/// Proves that an upload streams: writes a probe and waits until the server tells on the down leg that it has seen it. When that
/// does not happen, finds out what does instead, in less than 3 s, and says it.
/// </summary>
internal sealed class UploadProber(ClientLegConnection connection, UploadRequest upload)
{
    // How long each further step of looking into a silence waits.
    private static readonly TimeSpan StepTimeout = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan LastStepTimeout = TimeSpan.FromMilliseconds(500);
    private static readonly int[] PaddingSizes = [4 * 1024, 16 * 1024, 64 * 1024];

    private long _lastProbe;
    private long _writtenBytes;

    private long LastSeenProbe => connection.LastSeenProbe >> 32 == upload.Epoch ? connection.LastSeenProbe & uint.MaxValue : 0;

    /// <summary>Only writes the probe and waits for it.</summary>
    public async ValueTask<bool> TryProbeAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        await WriteProbeAsync(0, cancellationToken).ConfigureAwait(false);
        return await WaitForProbeAsync(timeout, cancellationToken).ConfigureAwait(false) > 0;
    }

    /// <summary>Proves the upload, or says what became of it.</summary>
    /// <exception cref="TransportException">It does not stream.</exception>
    public async ValueTask ProbeAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (await TryProbeAsync(timeout, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        // All of this could block where nothing reads what we write.
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(3), connection.TimeProvider);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        string why;
        try
        {
            if (await DiagnoseAsync(stop.Token).ConfigureAwait(false) is not { } found)
            {
                return;
            }

            why = found;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Breaking off says no more than staying silent does, unless with an answer.
            ThrowIfEnded();
            why = $"the upload is dropped: nothing of it arrived, and writing it came to a stop after {_writtenBytes} bytes ({exception.Message}).";
        }

        throw new TransportException($"{connection.TransportName}: {why} Blocks (n-plus-one) may pass where an upload does not stream.") { IsPermanent = true };
    }

    // Null when the upload streams after all.
    private async ValueTask<string?> DiagnoseAsync(CancellationToken cancellationToken)
    {
        await WriteProbeAsync(0, cancellationToken).ConfigureAwait(false);
        long seen = await WaitForProbeAsync(StepTimeout, cancellationToken).ConfigureAwait(false);
        if (seen > 0)
        {
            return seen == _lastProbe ? null : "the upload is one write behind: what is written arrives only once more is written.";
        }

        foreach (int padding in PaddingSizes)
        {
            long before = _writtenBytes;
            await WriteProbeAsync(padding, cancellationToken).ConfigureAwait(false);
            if (await WaitForProbeAsync(StepTimeout, cancellationToken).ConfigureAwait(false) > 0)
            {
                return $"the upload is held below {_writtenBytes} bytes: {before} bytes did not arrive within {StepTimeout.TotalMilliseconds:0} ms, and with {_writtenBytes - before} more they did.";
            }
        }

        upload.CompleteBody();
        seen = await WaitForProbeAsync(LastStepTimeout, cancellationToken).ConfigureAwait(false);
        return seen > 0 || upload.IsAccepted
            ? $"the upload is held until it is complete: {_writtenBytes} bytes did not arrive until the request had ended. A proxy on the way collects requests before it passes them on, as nginx does unless proxy_request_buffering is off."
            : $"the upload is dropped: nothing of {_writtenBytes} bytes arrived, not even within {LastStepTimeout.TotalMilliseconds:0} ms after the request had ended.";
    }

    private async ValueTask WriteProbeAsync(int paddingBytes, CancellationToken cancellationToken)
    {
        byte[] records = new byte[LegRecordWriter.ControlRecordBytes + (paddingBytes > 0 ? LegRecordWriter.HeaderBytes + paddingBytes : 0)];
        LegRecordWriter.WriteControl(records, LegRecordType.Probe, ++_lastProbe);
        if (paddingBytes > 0)
        {
            LegRecordWriter.WriteHeader(records.AsSpan(LegRecordWriter.ControlRecordBytes), LegRecordType.Padding, paddingBytes);
        }

        _writtenBytes += records.Length;
        await upload.WriteAsync(records, cancellationToken).ConfigureAwait(false);
    }

    // The last probe that was seen, as soon as that is the last one written, or when the time is up.
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
