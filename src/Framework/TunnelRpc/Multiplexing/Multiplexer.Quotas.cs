namespace TunnelRpc.Multiplexing;

// Decision: docs/adr/0052-message-quotas.md
/// <content>What both sides hold of each other's messages, and the waits for it.</content>
internal sealed partial class Multiplexer
{
    /// <summary>
    /// Messages that wait for the path are limited to this part of MaxPendingCallBytes: more would not make the path faster. Their
    /// fragments interleave, so this also limits the messages that have arrived partially at the peer.
    /// </summary>
    private const int WaitingMessagesDivisor = 16;

    /// <summary>
    /// Complete messages that are not decoded yet are limited to this part of MaxPartialMessageBytes. Above it the reader decodes them.
    /// </summary>
    private const int UndecodedMessagesDivisor = 4;

    // Created on demand: in most sessions nothing waits, and nothing is streamed. Each is set once, atomically.
    private OutgoingCallLimiter? _outgoingLimiter;
    private ByteQuota? _waitingMessages;
    private ByteQuota? _partialMessages;
    private ByteQuota? _sentItems;
    private ConsumedItems? _consumedItems;
    private CapacityWaits? _waits;
    private ItemProduction? _production;
    private KeptValues? _keptItems;
    private KeptValues? _keptMessages;

    /// <summary>
    /// The large messages of this side that are encoded and wait to be sent (a sixteenth of MaxPendingCallBytes of this side). They wait
    /// for the path only, so each of them is sent.
    /// </summary>
    public ByteQuota WaitingMessages => Volatile.Read(ref _waitingMessages)
        ?? SetOnce(ref _waitingMessages, new ByteQuota(_maxWaitingBytes));

    /// <summary>The messages of which not all fragments are sent (limit MaxPartialMessageBytes of the peer).</summary>
    public ByteQuota PartialMessages => Volatile.Read(ref _partialMessages)
        ?? SetOnce(ref _partialMessages, new ByteQuota(_session.Parameters.PeerLimits.MaxPartialMessageBytes));

    /// <summary>The items that the peer has not consumed, of all streams (limit MaxPendingCallBytes of the peer).</summary>
    public ByteQuota SentItems => Volatile.Read(ref _sentItems)
        ?? SetOnce(ref _sentItems, new ByteQuota(_session.Parameters.PeerLimits.MaxPendingCallBytes));

    /// <summary>What the application has produced for streams and could not be sent yet (a sixteenth of MaxPendingCallBytes).</summary>
    public ItemProduction Production => Volatile.Read(ref _production)
        ?? SetOnce(ref _production, new ItemProduction(_maxWaitingBytes, _timeProvider));

    /// <summary>The items whose streams wait for <see cref="SentItems"/>.</summary>
    private KeptValues KeptItems => Volatile.Read(ref _keptItems) ?? SetOnce(ref _keptItems, new KeptValues(Memory));

    /// <summary>The replies and items that wait for <see cref="WaitingMessages"/>.</summary>
    private KeptValues KeptMessages => Volatile.Read(ref _keptMessages) ?? SetOnce(ref _keptMessages, new KeptValues(Memory));

    private CapacityWaits Waits => Volatile.Read(ref _waits)
        ?? SetOnce(ref _waits, new CapacityWaits(_timeProvider, _acceptor.OnLongWaits) { Tick = AdmitStalled });

    /// <summary>The items of the peer that this side has consumed.</summary>
    public ConsumedItems ConsumedItems => Volatile.Read(ref _consumedItems) ?? SetOnce(
        ref _consumedItems, new ConsumedItems(_maxPendingCallBytes, bytes => SendSessionCredit(0, 0, (ulong)bytes)));

    /// <summary>The calls of this side.</summary>
    private OutgoingCallLimiter OutgoingLimiter => Volatile.Read(ref _outgoingLimiter)
        ?? SetOnce(ref _outgoingLimiter, new OutgoingCallLimiter(_session.Parameters.PeerLimits));

    /// <summary>Waits until a call may be sent. <see cref="OpenAsync"/> sends it.</summary>
    /// <param name="affinity">The call's affinity.</param>
    /// <param name="nested">The place of the call in its chain; used if it is nested.</param>
    /// <param name="isOneWay">Whether the call is one-way.</param>
    /// <param name="bytes">The size of its message.</param>
    /// <param name="served">
    /// The limiter of the served call that makes this one-way call; null if none does, or the call has a reply.
    /// </param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="TunnelException">The session has ended, or drains, or calls are nested too deeply.</exception>
    public async ValueTask<OutgoingCallLimiter.Permit> AcquirePermitAsync(
        CallAffinity affinity,
        NestedCall nested,
        bool isOneWay,
        int bytes,
        IncomingCallLimiter? served,
        CancellationToken cancellationToken)
    {
        if (OutgoingLimiter.TryAcquire(isOneWay, bytes, out OutgoingCallLimiter.Permit permit))
        {
            return permit;
        }

        using CapacityWaits.Wait wait = Waits.Begin();
        return affinity == CallAffinity.Nested
            ? await OutgoingLimiter.AcquireNestedAsync(nested, bytes, cancellationToken).ConfigureAwait(false)
            : await OutgoingLimiter.AcquireAsync(affinity, isOneWay, bytes, served, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits until an item may be sent. The caller sends it, or releases its bytes in <see cref="SentItems"/>.</summary>
    /// <param name="bytes">The size of its message.</param>
    /// <param name="keptBytes">The size of the large value that the application keeps during the wait.</param>
    /// <param name="isConsumerReading">
    /// Whether the consumer has consumed nearly all earlier items of the stream. Then the item waits only a little for the consumers of
    /// other streams.
    /// </param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="TunnelException">The session has ended.</exception>
    public async ValueTask AdmitItemAsync(int bytes, int keptBytes, bool isConsumerReading, CancellationToken cancellationToken)
    {
        if (!SentItems.TryAdd(bytes))
        {
            using CapacityWaits.Wait wait = Waits.Begin();
            using KeptValues.KeptValue kept = KeptItems.Keep(keptBytes);
            await SentItems.AddItemAsync(bytes, isConsumerReading, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Waits until a large reply or item may be encoded. The application keeps the value during the wait; it is accounted if the peer does
    /// not read.
    /// </summary>
    /// <param name="bytes">The size of the message. The caller releases it in <see cref="WaitingMessages"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask AdmitLargeMessageAsync(int bytes, CancellationToken cancellationToken)
    {
        using CapacityWaits.Wait wait = Waits.Begin(isReported: false);
        using KeptValues.KeptValue kept = KeptMessages.Keep(bytes);
        await WaitingMessages.AddAsync(bytes, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The peer reports that one-way calls of this side have ended; false if there are fewer.</summary>
    public bool TryReleaseOneWays(ulong count, ulong argumentBytes) => OutgoingLimiter.TryReleaseOneWays(count, argumentBytes);

    private void AdmitStalled()
    {
        OutgoingLimiter.AdmitStalledCalls(() => IncomingCalls.IsFull && AreCallsWithoutContext());
        OutgoingLimiter.Arguments.AdmitStalledCall();
        (long itemBytes, long otherBytes) = Sender.TakeSentBytes();
        KeptItems.OnTick(SentItems.AdmitStalledItems() + itemBytes);
        KeptMessages.OnTick(itemBytes + otherBytes);
    }

    /// <summary>
    /// Whether all calls that this side serves run without a context, so that calls that they make are not known to be nested.
    /// </summary>
    private bool AreCallsWithoutContext() =>
        _streams.GetOpenStreams(peerInitiated: true).All(open => open.Stream.RunsWithoutContext);

    /// <summary>
    /// Reports one-way calls of the peer that have ended, or were refused: CREDIT on stream 0. The peer releases their permits and the
    /// capacity for their arguments.
    /// </summary>
    private void SendOneWayCredit(int endedCount, long argumentBytes) =>
        SendSessionCredit((ulong)endedCount, (ulong)argumentBytes, itemBytes: 0);

    private void SendSessionCredit(ulong oneWayCount, ulong oneWayBytes, ulong itemBytes)
    {
        Span<byte> body = stackalloc byte[3 * VarInt.MaxSize];
        int length = VarInt.Write(body, oneWayCount);
        length += VarInt.Write(body[length..], oneWayBytes);
        length += VarInt.Write(body[length..], itemBytes);
        WriteControl(0, FrameType.Credit, body[..length]);
    }

    /// <summary>The session has ended: messages that wait fail.</summary>
    private void FailQuotas(TunnelException error)
    {
        // Also where nothing has used them: what comes after the end of the session fails, and starts no timer.
        WaitingMessages.Fail(error);
        PartialMessages.Fail(error);
        SentItems.Fail(error);
        Production.Dispose();
        Volatile.Read(ref _keptItems)?.Dispose();
        Volatile.Read(ref _keptMessages)?.Dispose();
        Waits.Dispose();
    }

    private static T SetOnce<T>(ref T? field, T value)
        where T : class => Interlocked.CompareExchange(ref field, value, null) ?? value;
}
