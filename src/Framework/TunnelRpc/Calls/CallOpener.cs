using TunnelRpc.Accounting;
using TunnelRpc.Multiplexing;
using TunnelRpc.References;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

// Decision: docs/adr/0001-encode-before-the-lock.md, docs/adr/0052-message-quotas.md
/// <summary>Sends the CALL of outgoing calls of every shape.</summary>
internal static class CallOpener
{
    /// <summary>
    /// Encodes the arguments synchronously, then opens the call. A call that has to wait, for the limits of the peer or the send scheduler,
    /// drops the encoded message and encodes the arguments again after the wait, so that calls that wait hold no memory. Completes when the
    /// whole CALL was written to the session.
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
        bool isOneWay = (flags & FrameFlags.OneWay) != 0;
        TunnelCallContext? served = isOneWay ? null : TunnelCallContext.Current;
        if (served is not null && (method.IsOrdered || references is not null))
        {
            // These do not try to pass without a chain first: the order must be kept, and references are passed once.
            settings = CallSettings.WithChain(settings, served);
        }

        MessageBuffer buffer = MessageBuffer.Rent(multiplexer.MaxOutgoingMessageSize);
        try
        {
            var message = new CallMessage<TArgs>(method, formatter, args, flags, references);
            while (true)
            {
                CallAffinity affinity = ClassifyCall(isOneWay, settings);
                try
                {
                    if (await TryOpenAsync(multiplexer, call, buffer, message, settings, affinity, served, cancellationToken)
                        .ConfigureAwait(false))
                    {
                        return;
                    }
                }
                catch (SessionDrainingException) when (served is not null)
                {
                    // Calls of the chain of a served call are accepted while the session drains.
                }

                settings = CallSettings.WithChain(settings, served!);
                buffer.Clear();
            }
        }
        finally
        {
            buffer.Return();
        }
    }

    /// <summary>
    /// Opens the call. False, and the call is not open, if it is made while another is served and would have to wait: in the chain of that
    /// call it comes before others, since that call waits for it.
    /// </summary>
    private static async ValueTask<bool> TryOpenAsync<TArgs>(
        Multiplexer multiplexer,
        TunnelStream call,
        MessageBuffer buffer,
        CallMessage<TArgs> message,
        CallSettings? settings,
        CallAffinity affinity,
        TunnelCallContext? served,
        CancellationToken cancellationToken)
    {
        FrameFlags flags = message.Write(buffer, settings?.Metadata);
        bool isOrdered = message.Method.IsOrdered && affinity != CallAffinity.Nested;
        if (!isOrdered && multiplexer.TryOpen(call, flags, buffer.WrittenSpan, affinity))
        {
            return true;
        }

        if (served is not null && affinity != CallAffinity.Nested)
        {
            return false;
        }

        using OrderedOpening opening =
            isOrdered ? await multiplexer.EnterOrderedOpeningAsync(cancellationToken).ConfigureAwait(false) : default;
        if (!isOrdered || !multiplexer.TryOpen(call, flags, buffer.WrittenSpan, affinity))
        {
            await OpenAfterWaitAsync(multiplexer, call, buffer, message, settings, affinity, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>
    /// Opens a call that may have to wait. First for the capacity of the peer, then for that of this side, and last for the path: so an
    /// encoded message never waits for anything but the path. A call that passes references keeps its encoded message, because encoding
    /// passes them.
    /// </summary>
    private static async ValueTask OpenAfterWaitAsync<TArgs>(
        Multiplexer multiplexer,
        TunnelStream call,
        MessageBuffer buffer,
        CallMessage<TArgs> message,
        CallSettings? settings,
        CallAffinity affinity,
        CancellationToken cancellationToken)
    {
        int size = buffer.Length;
        int waitingBytes = 0;
        multiplexer.OpeningCalls?.Add(call);
        try
        {
            IncomingCallLimiter? served = message.IsOneWay && TunnelCallContext.Current?.Owner is TunnelPeer peer
                ? peer.Multiplexer.IncomingCalls
                : null;
            ValueTask<OutgoingCallLimiter.Permit> acquiring = multiplexer.AcquirePermitAsync(
                affinity, settings?.Nested ?? default, message.IsOneWay, size, served, cancellationToken);
            DropContentBefore(acquiring.IsCompleted);

            // In a local first: the field is not assigned before the wait ends.
            OutgoingCallLimiter.Permit permit = await acquiring.ConfigureAwait(false);
            call.OutgoingPermit = permit;
            if (permit.WasStalled)
            {
                CallMetadata? before = settings?.Metadata;
                settings = CallSettings.WithNewChain(settings);
                if (message.References is not null)
                {
                    message.ReplaceMetadata(buffer, before, settings.Metadata!);
                }
                else
                {
                    buffer.DropContent();
                }
            }

            if (size > Frame.MaxFragmentSize)
            {
                ValueTask adding = multiplexer.WaitingMessages.AddAsync(size, cancellationToken);
                DropContentBefore(adding.IsCompleted);
                await adding.ConfigureAwait(false);
                waitingBytes = size;
            }

            FrameFlags flags = buffer.Length == 0
                ? message.Write(buffer, settings?.Metadata)
                : message.FlagsFor(settings?.Metadata);
            call.OutgoingPermit.SetMessageSize(buffer.Length);
            using MemoryLease lease = multiplexer.Memory.Lease(MessageBuffer.AccountedSize(buffer.Length));
            await multiplexer.OpenAsync(call, flags, buffer.WrittenMemory, cancellationToken, settings?.CreateScheduledSender(), affinity)
                .ConfigureAwait(false);
        }
        catch
        {
            call.OutgoingPermit.Dispose();
            throw;
        }
        finally
        {
            multiplexer.WaitingMessages.Release(waitingBytes);
            multiplexer.OpeningCalls?.Remove(call);
        }

        void DropContentBefore(bool isCompleted)
        {
            if (!isCompleted && message.References is null)
            {
                buffer.DropContent();
            }
        }
    }

    /// <summary>
    /// A call with a chain is nested. A call of a reference, and a one-way call that is made while a call is served, need this session; a
    /// one-way call has no chain, because no call waits for it.
    /// </summary>
    private static CallAffinity ClassifyCall(bool isOneWay, CallSettings? settings) =>
        settings is { ChainId: not 0 } ? CallAffinity.Nested
        : settings is { ReferenceId: not 0 } || (isOneWay && TunnelCallContext.Current is not null) ? CallAffinity.ThisSession
        : CallAffinity.AnySession;
}
