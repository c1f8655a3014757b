using TunnelRpc.Multiplexing;
using TunnelRpc.References;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>The body of REPLY to a call of this side.</summary>
internal static class ReplyReader
{
    /// <summary>Reads the result of a REPLY.</summary>
    /// <exception cref="TunnelException">The peer's failure, or the result cannot be decoded.</exception>
    public static TResult ReadResult<TResult>(
        TunnelMethod method, ITunnelFormatter<TResult> formatter, FrameFlags flags, ReadOnlySpan<byte> body, TunnelHeaders? trailers, ReferenceScope? references)
    {
        if (!ReplyBody.TryReadStatus(method, flags, ref body, trailers, out TunnelException? failure))
        {
            throw failure;
        }

        try
        {
            var reader = new MessagePackReader(body) { Scope = references };
            return formatter.Read(ref reader);
        }
        catch (Exception error) when (error is not TunnelException)
        {
            throw new TunnelException(TunnelStatus.Internal, $"The result of {method} could not be decoded: {error.Message} Do both sides have the same contract?", error)
            {
                Outcome = TunnelCallOutcome.Completed,
            };
        }
    }
}
