using TunnelRpc.Multiplexing;
using TunnelRpc.References;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>Reads the body of REPLY.</summary>
internal static class ReplyReader
{
    /// <summary>Returns the result of a REPLY.</summary>
    /// <exception cref="TunnelException">The failure that the peer sent; or Internal: the result cannot be decoded.</exception>
    public static TResult ReadResult<TResult>(
        TunnelMethod method,
        ITunnelFormatter<TResult> formatter,
        FrameFlags flags,
        ReadOnlySpan<byte> body,
        TunnelHeaders? trailers,
        ReferenceScope? references)
    {
        if (!ReplyBody.TryReadStatus(method, flags, ref body, trailers, out TunnelException? failure))
        {
            throw failure;
        }

        try
        {
            var reader = new MessagePackReader(body) { Scope = references };
            TResult result = formatter.Read(ref reader);
            (references as CallReferences)?.TakeImported();
            return result;
        }
        catch (Exception error) when (error is not TunnelException)
        {
            throw new TunnelException(
                TunnelStatus.Internal,
                $"The result of {method} could not be decoded: {error.Message} "
                    + "Check that both sides have the same version of the contract.",
                error)
            {
                Outcome = TunnelCallOutcome.Completed,
            };
        }
    }

    /// <summary>
    /// The result cannot be decoded: releases the references that were read before the error, and cancels the call, so that the peer
    /// releases the others. No effect for a failure that the peer sent.
    /// </summary>
    public static void RefuseReferences(Multiplexer multiplexer, ulong streamId, TunnelException error, ReferenceScope? references)
    {
        if (references is CallReferences callReferences && error.InnerException is not null)
        {
            callReferences.DropImported();
            multiplexer.WriteControl(streamId, FrameType.Cancel, [(byte)TunnelStatus.Cancelled]);
        }
    }
}
