namespace TunnelRpc.Transports.Legs.Client;

/// <summary>
/// An up leg of blocks, two of them in flight at most. A lone write leaves at once; what is written while a block is in flight
/// gathers into the next, and only much of it makes a second one.
/// </summary>
internal sealed class BlockUploadLeg(ClientLegConnection connection) : IUploadLeg
{
    // From here on what has gathered is worth a second block in flight.
    private const int SecondBlockThresholdBytes = LegProtocol.MaxBlockBytes / 2;

    private readonly BlockSender _first = new(connection);
    private readonly BlockSender _second = new(connection);

    // Sends no bytes, only reports, while the server holds the others' blocks for want of room.
    private readonly BlockSender _reporter = new(connection);
    private readonly Lock _gate = new();

    // Under the gate.
    private int _inFlight;

    // Set once, by the opening or running task.
    private long _epoch;
    private long _claim;

    public async ValueTask OpenAsync(TimeSpan probeTimeout, CancellationToken cancellationToken)
    {
        BeginEpoch();
        await _first.SendOnceAsync(LegExchangeKind.Block, _epoch, 0, default, cancellationToken).ConfigureAwait(false);
    }

    public async Task<bool> RunAsync()
    {
        if (_epoch == 0)
        {
            BeginEpoch();
        }

        bool[] complete = await Task.WhenAll(RunSenderAsync(_first), RunSenderAsync(_second), RunSenderAsync(_reporter)).ConfigureAwait(false);
        if (complete.All(done => done) && connection.Failure is null)
        {
            await _first.SendAsync(LegExchangeKind.End, _epoch, connection.SendBuffer.WrittenOffset, default).ConfigureAwait(false);
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

    private void BeginEpoch()
    {
        _epoch = connection.NextUploadEpoch();
        _claim = connection.SendBuffer.ClaimFromAcknowledged(out _);
    }

    // True when all there was and will be is sent.
    private async Task<bool> RunSenderAsync(BlockSender sender)
    {
        while (!connection.Stopping.IsCancellationRequested && connection.Failure is null)
        {
            Task change = connection.SendBuffer.WaitForChangeAsync();
            if (!TryTakeBlock(sender, out long offset, out ReadOnlyMemory<byte> block))
            {
                if (connection.SendBuffer.HasSentAll(_claim))
                {
                    return true;
                }

                try
                {
                    await change.WaitAsync(connection.Stopping).ConfigureAwait(false);
                    continue;
                }
                catch (OperationCanceledException)
                {
                    return false;
                }
            }

            bool sent = await sender.SendAsync(LegExchangeKind.Block, _epoch, offset, block).ConfigureAwait(false);
            lock (_gate)
            {
                _inFlight -= sender == _reporter ? 0 : 1;
            }

            // The other lane may go now, or has nothing to wait for any more.
            connection.SendBuffer.NotifyChanged();
            if (!sent)
            {
                return false;
            }
        }

        return false;
    }

    private bool TryTakeBlock(BlockSender sender, out long offset, out ReadOnlyMemory<byte> block)
    {
        offset = 0;
        block = default;
        lock (_gate)
        {
            long unsent = connection.SendBuffer.UnsentBytes;
            bool isAlone = _inFlight == 0;
            if (sender == _reporter)
            {
                // Its bytes are none, so it is not in anybody's way.
                offset = connection.SendBuffer.AcknowledgedOffset;
                return !isAlone && connection.IsConsumedReportDue;
            }

            bool goes = isAlone && sender == _first
                ? unsent > 0 || connection.IsConsumedReportDue
                : unsent >= SecondBlockThresholdBytes && (sender == _first || !isAlone);
            if (!goes)
            {
                return false;
            }

            int length = (int)Math.Min(unsent, LegProtocol.MaxBlockBytes);
            Memory<byte> buffer = sender.GetBuffer(length);
            int taken = connection.SendBuffer.TakeUnsent(_claim, buffer.Span, out offset);
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
