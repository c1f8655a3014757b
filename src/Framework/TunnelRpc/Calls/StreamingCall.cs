using TunnelRpc.Multiplexing;
using TunnelRpc.Ordering;

namespace TunnelRpc.Calls;

/// <summary>
/// An outgoing call that streams back (server streaming or duplex): one enumeration. The first <see cref="MoveNextAsync"/> opens the call;
/// disposal before the end of the stream cancels it.
/// </summary>
internal sealed class StreamingCall<TArgs, TItem, TResultItem> : OutgoingCall, IAbandonableCall<TResultItem>
{
    private const int Starting = 1;
    private const int Started = 2;
    private const int Abandoned = 4;

    private readonly StreamingCallInfo<TArgs, TItem, TResultItem> _info;
    private readonly CancellationToken _enumerationToken;
    private readonly CancellationTokenSource _cancellation;
    private readonly ItemQueue<TResultItem> _items;
    private readonly CallReferences? _references;
    private IAsyncEnumerator<TResultItem>? _enumerator;
    private OutgoingItemStream<TItem>? _outgoingItems;

    // Set by the reader when the peer ends the call with END.
    private bool _isEndedByPeer;

    // Set by the reader, before _isEndedByPeer: whether the peer has passed references that were not read.
    private bool _hasUnreadReferences;

    // Set before the call is opened.
    private CallSettings? _settings;
    private CallTimeout? _timeout;
    private WaitForEdge? _wait;
    private CancellationToken _token;

    // Set when the whole CALL was sent.
    private bool _isSent;

    // Changed atomically; flags: whether the first MoveNextAsync was called, whether it has ended, and whether the consumer was collected.
    // The later of the last two disposes an abandoned call, because it cannot be disposed while it is opened.
    private int _state;

    public StreamingCall(StreamingCallInfo<TArgs, TItem, TResultItem> info, CancellationToken cancellationToken)
        : base(info.Peer.Multiplexer)
    {
        _info = info;
        _enumerationToken = cancellationToken;
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(info.CancellationToken, cancellationToken);
        _references = info.Method.HasReferences ? new CallReferences(info.Peer, transfersOwnership: false, 0) : null;
        ReceiveWindow receiveWindow = Multiplexer.CreateReceiveWindow();
        ReceiveWindow = receiveWindow;
        _items = new ItemQueue<TResultItem>(
            info.ResultItemFormatter,
            receiveWindow,
            (bytes, enlargesWindow) => Multiplexer.SendCredit(this, bytes, enlargesWindow),
            Multiplexer.Work,
            _references)
        {
            TranslateCancellation = TranslateCancellation,
            Call = (Multiplexer.Contracts, info.Method),
        };
        if (info.Items is not null)
        {
            SendWindow = new SendWindow(Multiplexer.InitialSendWindow, Multiplexer.Work);
        }
    }

    public TResultItem Current => _items.Current;

    /// <inheritdoc/>
    public override TunnelMethod? CalledMethod => _info.Method;

    public ValueTask<bool> MoveNextAsync() => _enumerator is null ? StartAsync() : _enumerator.MoveNextAsync();

    public async ValueTask DisposeAsync()
    {
        if (_enumerator is not null)
        {
            bool isCancelled = Multiplexer.TryCancel(this, TunnelStatus.Cancelled);
            await _enumerator.DisposeAsync().ConfigureAwait(false);
            if (!isCancelled && (Volatile.Read(ref _hasUnreadReferences) || _references is { HasUnreadItem: true }))
            {
                // The items that were taken have retained their references, and the others have dropped them.
                ReplyReader.RefuseUnread(Multiplexer, Id, []);
            }
        }

        if (_outgoingItems is not null)
        {
            await _outgoingItems.StopAsync(Volatile.Read(ref _isEndedByPeer), _token).ConfigureAwait(false);
        }

        _wait?.Dispose();
        _timeout?.Dispose();
        _references?.End();
        _cancellation.Dispose();
    }

    /// <inheritdoc/>
    public void Abandon()
    {
        bool isStarting = (Interlocked.Or(ref _state, Abandoned) & (Starting | Started)) == Starting;
        _cancellation.Cancel();
        if (!isStarting)
        {
            // The task is not awaited: it never fails.
            _ = DisposeAbandonedAsync();
        }
    }

    public override void OnItems(ReadOnlySpan<byte> body) => _items.Add(body);

    public override bool OnEnd(FrameFlags flags, ReadOnlySpan<byte> body)
    {
        TunnelException? failure = ReplyBody.ReadEnd(_info.Method, flags, body, _settings?.Trailers, out ulong referenceCount);
        Volatile.Write(ref _hasUnreadReferences, referenceCount > (_references?.ImportedCount ?? 0));
        Volatile.Write(ref _isEndedByPeer, true);
        _items.Complete(failure is null ? null : Multiplexer.Contracts.Explain(_info.Method, failure));
        return true;
    }

    /// <summary>
    /// A call that never ran is refused with REPLY, also when its method streams back. A REPLY with a result is an error.
    /// </summary>
    public override void OnReply(FrameFlags flags, ReadOnlySpan<byte> body)
    {
        if (ReplyBody.TryReadStatus(
            _info.Method, flags, ref body, _settings?.Trailers, out ulong referenceCount, out TunnelException? failure))
        {
            failure = new TunnelException(
                TunnelStatus.Internal,
                $"Expected a stream from {_info.Method}, got a single result. "
                    + (Multiplexer.Contracts.Describe(_info.Method) ?? "Check that both sides have the same version of the contract."))
            {
                Outcome = TunnelCallOutcome.Completed,
            };
            if (referenceCount > 0)
            {
                ReplyReader.RefuseUnread(Multiplexer, Id, []);
            }
        }

        _items.Complete(Multiplexer.Contracts.Explain(_info.Method, failure));
    }

    public override void OnFailed(TunnelException error) => _items.Complete(error);

    private async ValueTask<bool> StartAsync()
    {
        Interlocked.Or(ref _state, Starting);
        try
        {
            _cancellation.Token.ThrowIfCancellationRequested();
            return await OpenAndMoveNextAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException cancelled)
        {
            throw TranslateCancellation(cancelled);
        }
        finally
        {
            if (!_isSent)
            {
                _references?.End();
            }

            if ((Interlocked.Or(ref _state, Started) & Abandoned) != 0)
            {
                await DisposeAbandonedAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task DisposeAbandonedAsync()
    {
        try
        {
            await DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The upload of a duplex call may fail. An abandoned call has no consumer that its failure could be reported to.
        }
    }

    /// <summary>The exception that the consumer gets for a cancellation: with its own token, or for the deadline that has passed.</summary>
    private Exception TranslateCancellation(OperationCanceledException cancelled)
    {
        CancellationToken token = _enumerationToken.IsCancellationRequested ? _enumerationToken : _info.CancellationToken;
        return token.IsCancellationRequested ? new OperationCanceledException($"{_info.Method} was cancelled.", cancelled, token)
            : _timeout?.TranslateCancellation(cancelled, _isSent) ?? cancelled;
    }

    private async ValueTask<bool> OpenAndMoveNextAsync()
    {
        _settings = CallSettings.Resolve(_info.Options, _info.Method, _info.ReferenceId, _info.Peer.OrderedQueues);
        _wait = _info.Peer.BeginOrderedWait(_info.Method, _settings);
        _timeout = CallTimeout.Start(_settings, _info.Method, _info.Peer.Options.TimeProvider, _cancellation.Token);
        CancellationToken token = _token = _timeout?.Token ?? _cancellation.Token;
        if (_references is not null && _info.Peer.ImportedReferences.IsUnderPressure)
        {
            await _info.Peer.ImportedReferences.WaitForCollectionAsync(token).ConfigureAwait(false);
        }

        FrameFlags flags = _info.Items is null ? FrameFlags.End : FrameFlags.None;
        await OpenAsync(_info.Method, _info.ArgumentsFormatter, _info.Args, flags, _settings, _references, token).ConfigureAwait(false);
        _isSent = true;
        _enumerator = _items.GetAsyncEnumerator(token);
        token.UnsafeRegister(
            static state =>
            {
                var call = (StreamingCall<TArgs, TItem, TResultItem>)state!;
                call.Multiplexer.TryCancel(call, TunnelStatus.Cancelled);
            },
            this);
        if (_info.Items is not null)
        {
            ScheduledSender scheduledSender = _settings?.CreateScheduledSender() ?? new ScheduledSender();
            _outgoingItems = new OutgoingItemStream<TItem>(
                Multiplexer, this, _info.ItemFormatter!, _info.Items, scheduledSender, _references);
            _ = SendItemsAsync(_outgoingItems);
        }

        return await _enumerator.MoveNextAsync().ConfigureAwait(false);
    }

    // The task is not awaited: it throws nothing, and it ends with the upload, which DisposeAsync stops.
    private async Task SendItemsAsync(OutgoingItemStream<TItem> upload)
    {
        await upload.RunAsync().ConfigureAwait(false);
        if (upload.Failure is Exception failure && Multiplexer.TryCancel(this, TunnelStatus.Cancelled))
        {
            // The stream of the application failed. This ends the call, and the consumer gets the exception of that stream.
            _items.Complete(failure);
        }
    }
}
