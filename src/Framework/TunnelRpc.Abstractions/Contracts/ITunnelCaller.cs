using System.Security.Claims;

namespace TunnelRpc;

/// <summary>
/// Who makes the call that runs now: inject it into a service of scoped or transient lifetime. Lives as long as the call;
/// <see cref="Callback"/> may be kept as long as the session lives.
/// </summary>
/// <typeparam name="TCallback">The contract that the caller serves.</typeparam>
public interface ITunnelCaller<out TCallback>
    where TCallback : class
{
    /// <summary>Calls back. Calls made inside the call that caused them do not deadlock.</summary>
    TCallback Callback { get; }

    /// <summary>The session's name.</summary>
    string SessionId { get; }

    /// <summary>The transport that carries the session.</summary>
    string Transport { get; }

    /// <summary>Who the session was authenticated as; null when nobody asked.</summary>
    ClaimsPrincipal? User { get; }

    /// <summary>The session: since when, from where, and when it ends.</summary>
    TunnelSessionInfo Session { get; }
}
