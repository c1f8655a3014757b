namespace TunnelRpc.Transports.Legs.Dialing;

/// <summary>
/// Proves that an upload streams: writes a probe and waits until the server tells on the down leg that it has seen it. When that
/// does not happen, finds out what does instead, in less than 3 s, and says it.
/// </summary>
internal sealed class UploadProof(ClientCarrier carrier, Upload upload)
{
    // How long each further step of looking into a silence waits.
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan LastStep = TimeSpan.FromMilliseconds(500);
    private static readonly int[] Paddings = [4 * 1024, 16 * 1024, 64 * 1024];

    private long _probes;
    private long _written;

    private long Seen => carrier.Seen >> 32 == upload.Epoch ? carrier.Seen & uint.MaxValue : 0;

    /// <summary>Only writes the probe and waits for it.</summary>
    public async ValueTask<bool> TryProveAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        await WriteProbeAsync(0, cancellationToken).ConfigureAwait(false);
        return await WaitAsync(patience, cancellationToken).ConfigureAwait(false) > 0;
    }

    /// <summary>Proves the upload, or says what became of it.</summary>
    /// <exception cref="TransportException">It does not stream.</exception>
    public async ValueTask ProveAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        if (await TryProveAsync(patience, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        // All of this could block where nothing reads what we write.
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(3), carrier.Clock);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        string why;
        try
        {
            if (await FindOutAsync(stop.Token).ConfigureAwait(false) is not { } found)
            {
                return;
            }

            why = found;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Breaking off says no more than staying silent does, unless with an answer.
            ThrowIfOver();
            why = $"the upload is dropped: nothing of it arrived, and writing it came to a stop after {_written} bytes ({exception.Message}).";
        }

        throw new TransportException($"{carrier.Name}: {why} Blocks (n-plus-one) may pass where an upload does not stream.") { IsDefinite = true };
    }

    // Null when the upload streams after all.
    private async ValueTask<string?> FindOutAsync(CancellationToken cancellationToken)
    {
        await WriteProbeAsync(0, cancellationToken).ConfigureAwait(false);
        long seen = await WaitAsync(Step, cancellationToken).ConfigureAwait(false);
        if (seen > 0)
        {
            return seen == _probes ? null : "the upload is one write behind: what is written arrives only once more is written.";
        }

        foreach (int padding in Paddings)
        {
            long before = _written;
            await WriteProbeAsync(padding, cancellationToken).ConfigureAwait(false);
            if (await WaitAsync(Step, cancellationToken).ConfigureAwait(false) > 0)
            {
                return $"the upload is held below {_written} bytes: {before} bytes did not arrive within {Step.TotalMilliseconds:0} ms, and with {_written - before} more they did.";
            }
        }

        upload.Finish();
        seen = await WaitAsync(LastStep, cancellationToken).ConfigureAwait(false);
        return seen > 0 || upload.IsAnswered
            ? $"the upload is held until it is complete: {_written} bytes did not arrive until the request had ended. A proxy on the way collects requests before it passes them on, as nginx does unless proxy_request_buffering is off."
            : $"the upload is dropped: nothing of {_written} bytes arrived, not even within {LastStep.TotalMilliseconds:0} ms after the request had ended.";
    }

    private async ValueTask WriteProbeAsync(int padding, CancellationToken cancellationToken)
    {
        byte[] records = new byte[LegRecords.ControlBytes + (padding > 0 ? LegRecords.HeadBytes + padding : 0)];
        LegRecords.WriteControl(records, LegRecordType.Probe, ++_probes);
        if (padding > 0)
        {
            LegRecords.WriteHead(records.AsSpan(LegRecords.ControlBytes), LegRecordType.Pad, padding);
        }

        _written += records.Length;
        await upload.WriteAsync(records, cancellationToken).ConfigureAwait(false);
    }

    // The last probe that was seen, as soon as that is the last one written, or when the time is up.
    private async ValueTask<long> WaitAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(time, carrier.Clock);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        while (true)
        {
            Task report = carrier.Reports.Next();
            ThrowIfOver();
            if (Seen == _probes || upload.IsAnswered)
            {
                return Seen;
            }

            try
            {
                await report.WaitAsync(stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (timeout.IsCancellationRequested)
            {
                return Seen;
            }
        }
    }

    private void ThrowIfOver()
    {
        if (carrier.Failure is { } failure)
        {
            throw failure;
        }

        if (upload is { End: { } end, IsAnswered: false })
        {
            throw end;
        }
    }
}
