using TunnelRpc.Accounting;
using TunnelRpc.Multiplexing;
using TunnelRpc.References;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

// Decision: docs/adr/0001-encode-before-the-lock.md
/// <summary>Sends the CALL of outgoing calls of every shape.</summary>
internal static class CallOpener
{
    /// <summary>
    /// Encodes the arguments synchronously, then opens the call; waits while the concurrency limit or the send scheduler requires it.
    /// Completes when the whole CALL was written to the session.
    /// </summary>
    /// <exception cref="TunnelException">The session has ended or drains, or the arguments are too large.</exception>
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
                CallAffinity affinity = ClassifyCall(flags, settings);
                try
                {
                    CallMetadata? metadata = settings?.Metadata;
                    flags |= metadata is null ? FrameFlags.None : FrameFlags.Metadata;
                    CallBody.Write(buffer, method, metadata, formatter, args, references);
                    bool inOrder = method.IsOrdered && affinity != CallAffinity.Nested;
                    if (inOrder || !multiplexer.TryOpen(call, flags, buffer.WrittenSpan, affinity))
                    {
                        ScheduledSender? scheduledSender = settings?.CreateScheduledSender();
                        await WaitThenOpenAsync(multiplexer, call, flags, buffer, inOrder, scheduledSender, affinity, cancellationToken)
                            .ConfigureAwait(false);
                    }

                    return;
                }
                catch (SessionDrainingException) when (TunnelCallContext.Current is not null)
                {
                    // The call is nested in a call that this side serves. Calls of its chain are accepted while the session drains.
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

    /// <summary>
    /// Opens a call that may have to wait. Its encoded message is accounted while it waits, so the memory limit also bounds callers that
    /// start calls without awaiting them.
    /// </summary>
    private static async ValueTask WaitThenOpenAsync(
        Multiplexer multiplexer,
        TunnelStream call,
        FrameFlags flags,
        MessageBuffer buffer,
        bool isOrdered,
        ScheduledSender? scheduledSender,
        CallAffinity affinity,
        CancellationToken cancellationToken)
    {
        MemoryLease lease;
        try
        {
            lease = multiplexer.Memory.ReserveCallBytes(MessageBuffer.AccountedSize(buffer.Length), "The call");
        }
        catch (TunnelException memoryLimit)
        {
            throw CallFailure.ForUnsentCall(memoryLimit);
        }

        using (lease)
        {
            multiplexer.OpeningCalls?.Add(call);
            try
            {
                if (isOrdered)
                {
                    await multiplexer.OpenInOrderAsync(call, flags, buffer.WrittenMemory, cancellationToken, scheduledSender, affinity)
                        .ConfigureAwait(false);
                }
                else
                {
                    await multiplexer.OpenAsync(call, flags, buffer.WrittenMemory, cancellationToken, scheduledSender, affinity)
                        .ConfigureAwait(false);
                }
            }
            finally
            {
                multiplexer.OpeningCalls?.Remove(call);
            }
        }
    }

    /// <summary>
    /// A call with a chain is nested. A call of a reference, and a one-way call that is made while a call is served, need this session; a
    /// one-way call has no chain, because no call waits for it.
    /// </summary>
    private static CallAffinity ClassifyCall(FrameFlags flags, CallSettings? settings)
    {
        bool isOneWay = (flags & FrameFlags.OneWay) != 0;
        return settings is { ChainId: not 0 } ? CallAffinity.Nested
            : settings is { ReferenceId: not 0 } || (isOneWay && TunnelCallContext.Current is not null) ? CallAffinity.ThisSession
            : CallAffinity.AnySession;
    }
}
