using System.Diagnostics.CodeAnalysis;

namespace TunnelRpc;

/// <summary>The result of a broadcast at one session: the value or the failure. Immutable.</summary>
/// <typeparam name="TResult">The result of the call.</typeparam>
public sealed class TunnelBroadcastResult<TResult>
{
    private readonly TResult? _result;

    internal TunnelBroadcastResult(string sessionId, TResult? result, Exception? error)
    {
        SessionId = sessionId;
        _result = result;
        Error = error;
    }

    /// <summary>The id of the session that was called.</summary>
    public string SessionId { get; }

    /// <summary>Whether the call succeeded.</summary>
    [MemberNotNullWhen(false, nameof(Error))]
    public bool IsSuccess => Error is null;

    /// <summary>The failure, usually a <see cref="TunnelException"/>; null if the call succeeded.</summary>
    public Exception? Error { get; }

    /// <summary>The value that the call returned.</summary>
    /// <exception cref="InvalidOperationException">The call failed. The inner exception is <see cref="Error"/>.</exception>
    public TResult Result => Error is null
        ? _result!
        : throw new InvalidOperationException($"The call to session {SessionId} failed and has no result: {Error.Message}", Error);

    /// <summary>The session id with the result or the failure's message.</summary>
    public override string ToString() => $"{SessionId}: {(Error is null ? _result?.ToString() : Error.Message)}";
}
