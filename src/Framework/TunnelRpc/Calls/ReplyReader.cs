using TunnelRpc.Multiplexing;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>Reads the body of REPLY.</summary>
internal static class ReplyReader
{
    /// <summary>
    /// Returns the result of a REPLY. References of the reply that are not read are released: all of them if the result cannot be decoded,
    /// and those in members that the contract of this side does not have.
    /// </summary>
    /// <param name="multiplexer">The multiplexer of the session.</param>
    /// <param name="streamId">The stream id of the call.</param>
    /// <param name="method">The method.</param>
    /// <param name="formatter">Reads the result.</param>
    /// <param name="flags">The flags of REPLY.</param>
    /// <param name="body">The body of REPLY.</param>
    /// <param name="trailers">Receives the trailers; null when they are not wanted.</param>
    /// <param name="references">The references of the call; null when its result has none.</param>
    /// <exception cref="TunnelException">The failure that the peer sent; or Internal: the result cannot be decoded.</exception>
    public static TResult ReadResult<TResult>(
        Multiplexer multiplexer,
        ulong streamId,
        TunnelMethod method,
        ITunnelFormatter<TResult> formatter,
        FrameFlags flags,
        ReadOnlySpan<byte> body,
        TunnelHeaders? trailers,
        CallReferences? references)
    {
        if (!ReplyBody.TryReadStatus(method, flags, ref body, trailers, out ulong referenceCount, out TunnelException? failure))
        {
            throw multiplexer.Contracts.Explain(method, failure);
        }

        try
        {
            var reader = new MessagePackReader(body) { Scope = references };
            TResult result = formatter.Read(ref reader);
            IReadOnlyList<ImportedReference> read = references?.TakeImported() ?? [];
            if (referenceCount > (ulong)read.Count)
            {
                RefuseUnread(multiplexer, streamId, read);
            }

            return result;
        }
        catch (Exception error)
        {
            // Not only MessagePackException: constructors and setters of the result type may throw any exception.
            error = error is MessagePackException unreadable ? ValuePath.AddTo(unreadable, body) : error;
            references?.DropImported();
            if (references is not null || referenceCount > 0)
            {
                RefuseUnread(multiplexer, streamId, []);
            }

            throw new TunnelException(
                TunnelStatus.Internal,
                $"The result of {method} could not be decoded: {DecodeError.Describe(error)} "
                    + (multiplexer.Contracts.Describe(method) ?? "Check that both sides have the same version of the contract."),
                error)
            {
                Outcome = TunnelCallOutcome.Completed,
                IsOfCall = true,
            };
        }
    }

    /// <summary>
    /// Some references of a reply are not used by this side: retains those that are, and cancels the call, so that the peer releases the
    /// others.
    /// </summary>
    public static void RefuseUnread(Multiplexer multiplexer, ulong streamId, IReadOnlyList<ImportedReference> used)
    {
        foreach (ImportedReference reference in used)
        {
            reference.Retain();
        }

        multiplexer.WriteControl(streamId, FrameType.Cancel, [(byte)TunnelStatus.Cancelled]);
    }
}
