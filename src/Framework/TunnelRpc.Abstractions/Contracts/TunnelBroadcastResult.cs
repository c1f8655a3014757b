using System.Diagnostics.CodeAnalysis;

namespace TunnelRpc;

/// <summary>How a call to one of several sessions has ended.</summary>
/// <typeparam name="TResult">What the call gives.</typeparam>
public sealed class TunnelBroadcastResult<TResult>
{
    private readonly TResult? _result;

    internal TunnelBroadcastResult(string sessionId, TResult? result, Exception? error)
    {
        SessionId = sessionId;
        _result = result;
        Error = error;
    }

    /// <summary>The session that was called.</summary>
    public string SessionId { get; }

    /// <summary>Whether the call has a result.</summary>
    [MemberNotNullWhen(false, nameof(Error))]
    public bool IsSuccess => Error is null;

    /// <summary>Why it failed, mostly a <see cref="TunnelException"/>; null when it succeeded.</summary>
    public Exception? Error { get; }

    /// <summary>What it gave.</summary>
    /// <exception cref="InvalidOperationException">The call failed; its cause is <see cref="Error"/>.</exception>
    public TResult Result => Error is null
        ? _result!
        : throw new InvalidOperationException($"The call to the session {SessionId} failed, so it has no result: {Error.Message}", Error);

    /// <summary>The session with its result, or why there is none.</summary>
    public override string ToString() => $"{SessionId}: {(Error is null ? _result?.ToString() : Error.Message)}";
}
