using TunnelRpc.Multiplexing;
using TunnelRpc.References;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>Sends the CALL of whatever kind of call.</summary>
internal static class CallOpening
{
    /// <summary>Encodes the arguments at once, then opens the call, as soon as its kind may.</summary>
    /// <exception cref="TunnelException">The session has ended, or the arguments are too large.</exception>
    public static async ValueTask OpenAsync<TArgs>(
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
        MessageBuffer buffer = MessageBuffer.Rent(multiplexer.OutgoingMessageLimit);
        try
        {
            while (true)
            {
                CallPlace place = PlaceOf(flags, settings);
                try
                {
                    CallMetadata? metadata = settings?.Metadata;
                    flags |= metadata is null ? FrameFlags.None : FrameFlags.Metadata;
                    CallBody.Write(buffer, method, metadata, formatter, args, references);
                    bool inOrder = method.IsOrdered && place != CallPlace.Nested;
                    if (inOrder || !multiplexer.TryOpen(call, flags, buffer.WrittenSpan, place))
                    {
                        await WaitThenOpenAsync(multiplexer, call, flags, buffer, inOrder, settings?.NewTurn(), place, cancellationToken).ConfigureAwait(false);
                    }

                    return;
                }
                catch (SessionDrainingException) when (TunnelCallContext.Current is not null)
                {
                    // It is nested in a call that runs, which is let end: its chain says so to the peer.
                    settings = CallSettings.InChain(settings, TunnelCallContext.Current.Nest());
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
        bool inOrder,
        SendTurn? turn,
        CallPlace place,
        CancellationToken cancellationToken)
    {
        int held = MessageBuffer.Held(buffer.Length);
        try
        {
            multiplexer.Memory.Keep(held, "The call");
        }
        catch (TunnelException noRoom)
        {
            throw CallFailure.NotSent(noRoom);
        }

        try
        {
            if (inOrder)
            {
                await multiplexer.OpenInOrderAsync(call, flags, buffer.Written, cancellationToken, turn, place).ConfigureAwait(false);
            }
            else
            {
                await multiplexer.OpenAsync(call, flags, buffer.Written, cancellationToken, turn, place).ConfigureAwait(false);
            }
        }
        finally
        {
            multiplexer.Memory.AddForCalls(-held);
        }
    }

    /// <summary>A one-way call has no chain, also where it is nested: nobody waits for it.</summary>
    private static CallPlace PlaceOf(FrameFlags flags, CallSettings? settings)
    {
        bool isOneWay = (flags & FrameFlags.OneWay) != 0;
        return settings is { Chain: not 0 } ? CallPlace.Nested
            : settings is { Reference: not 0 } || (isOneWay && TunnelCallContext.Current is not null) ? CallPlace.Bound
            : CallPlace.Free;
    }
}
