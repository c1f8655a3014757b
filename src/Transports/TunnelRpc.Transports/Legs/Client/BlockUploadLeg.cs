namespace TunnelRpc.Transports.Legs.Client;

// Decision: docs/adr/0110-legs-follow-the-session.md
/// <summary>
/// An upload leg of blocks. A single write is sent at once. Writes during a block in flight are coalesced into the next block. More blocks
/// are sent concurrently while many bytes wait: a second one from <see cref="SecondBlockThresholdBytes"/> on, and up to
/// <see cref="MaxExtraBlocks"/> others from <see cref="ExtraBlockThresholdBytes"/> on. A path with a long round trip needs them, and they
/// are sent once it has turned out to be fast.
/// </summary>
internal sealed class BlockUploadLeg(ClientLegConnection connection) : IUploadLeg
{
    // The number of unsent bytes from which on a second block is sent concurrently.
    private const int SecondBlockThresholdBytes = 64 * 1024;

    // The same for each further block.
    private const int ExtraBlockThresholdBytes = 128 * 1024;

    // The maximum number of blocks in flight in addition to the first two.
    private const int MaxExtraBlocks = 6;

    private readonly BlockSender _first = new(connection);
    private readonly BlockSender _second = new(connection);

    // Sends blocks without bytes, to report consumed offsets while the server delays the other blocks for lack of capacity.
    private readonly BlockSender _reportSender = new(connection);
    private readonly Lock _gate = new();

    // The number of blocks in flight of the first two senders. Guarded by _gate.
    private int _blocksInFlight;

    // The senders of extra blocks, those of them that send nothing, and the tasks of the others. Guarded by _gate.
    private readonly List<BlockSender> _extraSenders = [];
    private readonly Stack<BlockSender> _idleExtraSenders = new();
    private readonly List<Task> _extraTasks = [];

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
        await Task.WhenAll(TakeExtraTasks()).ConfigureAwait(false);
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
        foreach (BlockSender sender in _extraSenders)
        {
            sender.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    private void BeginEpoch()
    {
        _epoch = connection.NextUploadEpoch();
        _claim = connection.SendBuffer.ClaimFromAcknowledged(out _);
    }

    // Returns true when all bytes are taken and no more will be written.
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
            bool isIdle = _blocksInFlight == 0;
            if (sender == _reportSender)
            {
                if (!isIdle)
                {
                    StartExtraBlocksLocked();
                }

                // Its block has no bytes, so it does not count as a block in flight.
                offset = connection.SendBuffer.AcknowledgedOffset;
                return !isIdle && connection.IsConsumedReportDue;
            }

            long unsentBytes = connection.SendBuffer.UnsentBytes;
            bool shouldSend = isIdle && sender == _first
                ? unsentBytes > 0 || connection.IsConsumedReportDue
                : unsentBytes >= SecondBlockThresholdBytes && (sender == _first || !isIdle);
            if (!shouldSend || !TryTakeBytesLocked(sender, out offset, out block))
            {
                return false;
            }

            _blocksInFlight++;
            return true;
        }
    }

    // Called under _gate.
    private bool TryTakeBytesLocked(BlockSender sender, out long offset, out ReadOnlyMemory<byte> block)
    {
        block = default;
        Memory<byte> buffer = sender.GetBuffer((int)Math.Min(connection.SendBuffer.UnsentBytes, connection.BlockSize.Bytes));
        int taken = connection.SendBuffer.TakeUnsent(_claim, buffer.Span, out offset);
        if (taken < 0)
        {
            return false;
        }

        block = buffer[..taken];
        return true;
    }

    // Called under _gate, by the sender of reports, which waits for changes while the others send.
    private void StartExtraBlocksLocked()
    {
        while (connection.SendBuffer.UnsentBytes >= ExtraBlockThresholdBytes && connection.BlockSize.IsLargest)
        {
            _extraTasks.RemoveAll(task => task.IsCompleted);
            if (_extraTasks.Count >= MaxExtraBlocks)
            {
                return;
            }

            if (!_idleExtraSenders.TryPop(out BlockSender? sender))
            {
                sender = new BlockSender(connection);
                _extraSenders.Add(sender);
            }

            if (!TryTakeBytesLocked(sender, out long offset, out ReadOnlyMemory<byte> block))
            {
                _idleExtraSenders.Push(sender);
                return;
            }

            _extraTasks.Add(SendExtraAsync(sender, offset, block));
        }
    }

    private async Task SendExtraAsync(BlockSender sender, long offset, ReadOnlyMemory<byte> block)
    {
        // The caller holds the lock, under which no request is sent.
        await Task.Yield();
        await sender.SendAsync(LegExchangeKind.Block, _epoch, offset, block).ConfigureAwait(false);
        sender.ReleaseBuffer();
        lock (_gate)
        {
            _idleExtraSenders.Push(sender);
        }

        connection.SendBuffer.NotifyChanged();
    }

    private Task[] TakeExtraTasks()
    {
        lock (_gate)
        {
            return [.. _extraTasks];
        }
    }
}
