using System.Security.Claims;

namespace TunnelRpc;

/// <summary>
/// The caller of the current call. Inject it into a service of scoped or transient lifetime.
/// </summary>
/// <remarks>
/// Valid while the call runs. The stub that <see cref="Callback"/> returns remains valid until the session ends. The caller of this
/// interface disposes nothing.
/// </remarks>
/// <typeparam name="TCallback">The contract that the caller serves.</typeparam>
public interface ITunnelCaller<out TCallback>
    where TCallback : class
{
    /// <summary>
    /// A stub that calls the caller back. A callback that is made while the call runs (a nested call) does not deadlock with it.
    /// </summary>
    TCallback Callback { get; }

    /// <summary>The session's id.</summary>
    string SessionId { get; }

    /// <summary>The transport that carries the session.</summary>
    string Transport { get; }

    /// <summary>The user that the session was authenticated as; null if it was not authenticated.</summary>
    ClaimsPrincipal? User { get; }

    /// <summary>The session: when it was established, from which address, and a task that completes when it ends.</summary>
    TunnelSessionInfo Session { get; }
}
