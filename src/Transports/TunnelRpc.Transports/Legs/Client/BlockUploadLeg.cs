namespace TunnelRpc.Transports.Legs.Client;

/// <summary>
/// An upload leg of blocks, of which at most two are in flight. A single write is sent at once. Writes during a block in flight are
/// coalesced into the next block; a second concurrent block is sent only if they reach <see cref="SecondBlockThresholdBytes"/>.
/// </summary>
internal sealed class BlockUploadLeg(ClientLegConnection connection) : IUploadLeg
{
    // The number of unsent bytes from which on a second block is sent concurrently.
    private const int SecondBlockThresholdBytes = LegProtocol.MaxBlockBytes / 2;

    private readonly BlockSender _first = new(connection);
    private readonly BlockSender _second = new(connection);

    // Sends blocks without bytes, to report consumed offsets while the server delays the other blocks for lack of capacity.
    private readonly BlockSender _reportSender = new(connection);
    private readonly Lock _gate = new();

    // The number of blocks in flight, without those of _reportSender. Guarded by _gate.
    private int _blocksInFlight;

    // Set once, by the task that opens or runs the leg.
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

        bool[] hasSentAll = await Task.WhenAll(
            RunSenderAsync(_first), RunSenderAsync(_second), RunSenderAsync(_reportSender)).ConfigureAwait(false);
        if (hasSentAll.All(sentAll => sentAll) && connection.Failure is null)
        {
            await _first.SendAsync(LegExchangeKind.End, _epoch, connection.SendBuffer.WrittenOffset, default).ConfigureAwait(false);
        }

        return true;
    }

    public ValueTask DisposeAsync()
    {
        _first.Dispose();
        _second.Dispose();
        _reportSender.Dispose();
        return ValueTask.CompletedTask;
    }

    private void BeginEpoch()
    {
        _epoch = connection.NextUploadEpoch();
        _claim = connection.SendBuffer.ClaimFromAcknowledged(out _);
    }

    // Returns true when all bytes are sent and no more will be written.
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
                _blocksInFlight -= sender == _reportSender ? 0 : 1;
            }

            // The other sender may now send, or has nothing left to send.
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
            long unsentBytes = connection.SendBuffer.UnsentBytes;
            bool isIdle = _blocksInFlight == 0;
            if (sender == _reportSender)
            {
                // Its block has no bytes, so it does not count as a block in flight.
                offset = connection.SendBuffer.AcknowledgedOffset;
                return !isIdle && connection.IsConsumedReportDue;
            }

            bool shouldSend = isIdle && sender == _first
                ? unsentBytes > 0 || connection.IsConsumedReportDue
                : unsentBytes >= SecondBlockThresholdBytes && (sender == _first || !isIdle);
            if (!shouldSend)
            {
                return false;
            }

            int length = (int)Math.Min(unsentBytes, LegProtocol.MaxBlockBytes);
            Memory<byte> buffer = sender.GetBuffer(length);
            int taken = connection.SendBuffer.TakeUnsent(_claim, buffer.Span, out offset);
            if (taken < 0)
            {
                return false;
            }

            block = buffer[..taken];
            _blocksInFlight++;
            return true;
        }
    }
}
