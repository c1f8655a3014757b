namespace TunnelRpc.Transports.Legs.Dialing;

/// <summary>
/// An up leg of blocks, two of them in flight at most. A lone write leaves at once; what is written while a block is in flight
/// gathers into the next, and only much of it makes a second one.
/// </summary>
internal sealed class BlockUpload(ClientCarrier carrier) : IUpload
{
    // From here on what has gathered is worth a second block in flight.
    private const int PipelineBytes = LegsProtocol.MaxBlockBytes / 2;

    private readonly BlockLane _first = new(carrier);
    private readonly BlockLane _second = new(carrier);

    // Sends no bytes, only reports, while the server holds the others' blocks for want of room.
    private readonly BlockLane _reporter = new(carrier);
    private readonly Lock _gate = new();

    // Under the gate.
    private int _inFlight;

    // Set once, by the opening or running task.
    private long _epoch;
    private long _claim;

    public async ValueTask OpenAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        Begin();
        await _first.SendOnceAsync(LegKind.Block, _epoch, 0, default, cancellationToken).ConfigureAwait(false);
    }

    public async Task<bool> RunAsync()
    {
        if (_epoch == 0)
        {
            Begin();
        }

        bool[] complete = await Task.WhenAll(RunAsync(_first), RunAsync(_second), RunAsync(_reporter)).ConfigureAwait(false);
        if (complete.All(done => done) && carrier.Failure is null)
        {
            await _first.SendAsync(LegKind.End, _epoch, carrier.Up.End, default).ConfigureAwait(false);
        }

        return true;
    }

    public ValueTask DisposeAsync()
    {
        _first.Dispose();
        _second.Dispose();
        _reporter.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Begin()
    {
        _epoch = carrier.NextUpEpoch();
        _claim = carrier.Up.Claim(out _);
    }

    // True when all there was and will be is sent.
    private async Task<bool> RunAsync(BlockLane lane)
    {
        while (!carrier.Stopping.IsCancellationRequested && carrier.Failure is null)
        {
            Task change = carrier.Up.NextChange();
            if (!TryTake(lane, out long offset, out ReadOnlyMemory<byte> block))
            {
                if (carrier.Up.IsDrained(_claim))
                {
                    return true;
                }

                try
                {
                    await change.WaitAsync(carrier.Stopping).ConfigureAwait(false);
                    continue;
                }
                catch (OperationCanceledException)
                {
                    return false;
                }
            }

            bool sent = await lane.SendAsync(LegKind.Block, _epoch, offset, block).ConfigureAwait(false);
            lock (_gate)
            {
                _inFlight -= lane == _reporter ? 0 : 1;
            }

            // The other lane may go now, or has nothing to wait for any more.
            carrier.Up.Wake();
            if (!sent)
            {
                return false;
            }
        }

        return false;
    }

    private bool TryTake(BlockLane lane, out long offset, out ReadOnlyMemory<byte> block)
    {
        offset = 0;
        block = default;
        lock (_gate)
        {
            long unsent = carrier.Up.Unsent;
            bool isAlone = _inFlight == 0;
            if (lane == _reporter)
            {
                // Its bytes are none, so it is not in anybody's way.
                offset = carrier.Up.Acknowledged;
                return !isAlone && carrier.IsReportDue;
            }

            bool goes = isAlone && lane == _first
                ? unsent > 0 || carrier.IsReportDue
                : unsent >= PipelineBytes && (lane == _first || !isAlone);
            if (!goes)
            {
                return false;
            }

            int length = (int)Math.Min(unsent, LegsProtocol.MaxBlockBytes);
            Memory<byte> buffer = lane.Buffer(length);
            int taken = carrier.Up.Take(_claim, buffer.Span, out offset);
            if (taken < 0)
            {
                return false;
            }

            block = buffer[..taken];
            _inFlight++;
            return true;
        }
    }
}
