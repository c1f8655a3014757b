using TunnelRpc.Accounting;
using TunnelRpc.Multiplexing;
using TunnelRpc.References;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>Sends the CALL of whatever kind of call.</summary>
internal static class CallOpener
{
    /// <summary>Encodes the arguments at once, then opens the call, as soon as its kind may.</summary>
    /// <exception cref="TunnelException">The session has ended, or the arguments are too large.</exception>
    public static async ValueTask OpenCallAsync<TArgs>(
        this Multiplexer multiplexer,
        TunnelStream call,
        TunnelMethod method,
        ITunnelFormatter<TArgs> formatter,
        TArgs args,
        FrameFlags flags,
        CallSettings? settings,
        ReferenceScope? references,
        CancellationToken cancellationToken)
    {
        MessageBuffer buffer = MessageBuffer.Rent(multiplexer.MaxOutgoingMessageSize);
        try
        {
            while (true)
            {
                CallAffinity place = ClassifyCall(flags, settings);
                try
                {
                    CallMetadata? metadata = settings?.Metadata;
                    flags |= metadata is null ? FrameFlags.None : FrameFlags.Metadata;
                    CallBody.Write(buffer, method, metadata, formatter, args, references);
                    bool inOrder = method.IsOrdered && place != CallAffinity.Nested;
                    if (inOrder || !multiplexer.TryOpen(call, flags, buffer.WrittenSpan, place))
                    {
                        await WaitThenOpenAsync(multiplexer, call, flags, buffer, inOrder, settings?.CreateScheduledSender(), place, cancellationToken).ConfigureAwait(false);
                    }

                    return;
                }
                catch (SessionDrainingException) when (TunnelCallContext.Current is not null)
                {
                    // It is nested in a call that runs, which is let end: its chain says so to the peer.
                    settings = CallSettings.WithChain(settings, TunnelCallContext.Current.GetOrCreateChain());
                    buffer.Clear();
                }
            }
        }
        finally
        {
            buffer.Return();
        }
    }

    /// <summary>What may have to wait counts: callers who wait for nobody are bounded, too.</summary>
    private static async ValueTask WaitThenOpenAsync(
        Multiplexer multiplexer,
        TunnelStream call,
        FrameFlags flags,
        MessageBuffer buffer,
        bool isOrdered,
        ScheduledSender? scheduledSender,
        CallAffinity place,
        CancellationToken cancellationToken)
    {
        MemoryLease lease;
        try
        {
            lease = multiplexer.Memory.ReserveCallBytes(MessageBuffer.AccountedSize(buffer.Length), "The call");
        }
        catch (TunnelException limitReached)
        {
            throw CallFailure.ForUnsentCall(limitReached);
        }

        using (lease)
        {
            if (isOrdered)
            {
                await multiplexer.OpenInOrderAsync(call, flags, buffer.WrittenMemory, cancellationToken, scheduledSender, place).ConfigureAwait(false);
            }
            else
            {
                await multiplexer.OpenAsync(call, flags, buffer.WrittenMemory, cancellationToken, scheduledSender, place).ConfigureAwait(false);
            }
        }
    }

    /// <summary>A one-way call has no chain, also where it is nested: nobody waits for it.</summary>
    private static CallAffinity ClassifyCall(FrameFlags flags, CallSettings? settings)
    {
        bool isOneWay = (flags & FrameFlags.OneWay) != 0;
        return settings is { ChainId: not 0 } ? CallAffinity.Nested
            : settings is { ReferenceId: not 0 } || (isOneWay && TunnelCallContext.Current is not null) ? CallAffinity.ThisSession
            : CallAffinity.AnySession;
    }
}
