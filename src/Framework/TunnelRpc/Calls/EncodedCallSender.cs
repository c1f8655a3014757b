using TunnelRpc.Accounting;
using TunnelRpc.Multiplexing;

namespace TunnelRpc.Calls;

/// <summary>Sends encoded one-way calls.</summary>
internal static class EncodedCallSender
{
    /// <summary>A one-way call that is made while another is served needs its session, as in <see cref="CallOpener"/>.</summary>
    public static CallAffinity CurrentAffinity =>
        TunnelCallContext.Current is null ? CallAffinity.AnySession : CallAffinity.ThisSession;

    /// <summary>
    /// Sends a call in one frame, without a wait. False if it would have to wait, for earlier calls of an ordered method too.
    /// </summary>
    /// <exception cref="TunnelException">The session has ended or drains.</exception>
    public static bool TrySendAtOnce(Multiplexer multiplexer, TunnelStream stream, EncodedCall call, CallAffinity affinity)
    {
        OrderedOpening opening = default;
        if (call.IsOrdered && !multiplexer.TryEnterOrderedOpening(out opening))
        {
            return false;
        }

        using (opening)
        {
            return multiplexer.TryOpen(stream, call.Flags, call.Message, affinity);
        }
    }

    /// <summary>Sends a call. Completes when all of it was written to the session.</summary>
    /// <exception cref="TunnelException">The session has ended or drains.</exception>
    public static async ValueTask SendAsync(Multiplexer multiplexer, EncodedCall call, CancellationToken cancellationToken)
    {
        var stream = new OneWayCall(multiplexer);
        CallAffinity affinity = CurrentAffinity;
        using OrderedOpening opening =
            call.IsOrdered ? await multiplexer.EnterOrderedOpeningAsync(cancellationToken).ConfigureAwait(false) : default;
        if (!multiplexer.TryOpen(stream, call.Flags, call.Message, affinity))
        {
            await SendAfterWaitAsync(multiplexer, stream, call, affinity, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Waits for the capacity of the peer, that of this side, and last the path, as calls of one session do.</summary>
    private static async ValueTask SendAfterWaitAsync(
        Multiplexer multiplexer, OneWayCall stream, EncodedCall call, CallAffinity affinity, CancellationToken cancellationToken)
    {
        int waitingBytes = 0;
        multiplexer.OpeningCalls?.Add(stream);
        try
        {
            IncomingCallLimiter? served =
                TunnelCallContext.Current?.Owner is TunnelPeer peer ? peer.Multiplexer.IncomingCalls : null;

            // In a local first: the field is not assigned before the wait ends.
            OutgoingCallLimiter.Permit permit = await multiplexer.AcquirePermitAsync(
                affinity, default, isOneWay: true, call.Message.Length, served, cancellationToken).ConfigureAwait(false);
            stream.OutgoingPermit = permit;
            if (permit.WasStalled)
            {
                call = call.InNewChain(multiplexer.MaxOutgoingMessageSize);
            }

            if (call.Message.Length > Frame.MaxFragmentSize)
            {
                await multiplexer.WaitingMessages.AddAsync(call.Message.Length, cancellationToken).ConfigureAwait(false);
                waitingBytes = call.Message.Length;
            }

            stream.OutgoingPermit.SetMessageSize(call.Message.Length);
            using MemoryLease lease = multiplexer.Memory.Lease(call.Message.Length);
            FrameFlags flags = call.Flags;
            ReadOnlyMemory<byte> body = multiplexer.GetBody(call.Message, ref flags);
            await multiplexer.OpenAsync(stream, flags, body, cancellationToken, call.Settings?.CreateScheduledSender(), affinity)
                .ConfigureAwait(false);
        }
        catch
        {
            stream.OutgoingPermit.Dispose();
            throw;
        }
        finally
        {
            multiplexer.WaitingMessages.Release(waitingBytes);
            multiplexer.OpeningCalls?.Remove(stream);
        }
    }
}
