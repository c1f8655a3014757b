using System.Security.Claims;
using System.Security.Cryptography.X509Certificates;

namespace TunnelRpc;

/// <summary>What is known of a session. Does not change.</summary>
public sealed class TunnelSessionInfo
{
    internal TunnelSessionInfo(string id, string transport, string? remoteEndPoint, ClaimsPrincipal? user, DateTimeOffset connectedSince, Task completion)
    {
        Id = id;
        Transport = transport;
        RemoteEndPoint = remoteEndPoint;
        User = user;
        ConnectedSince = connectedSince;
        Completion = completion;
    }

    /// <summary>The session's name, the same on both sides.</summary>
    public string Id { get; }

    /// <summary>The transport that carried it when it began. It may have moved to another since; a call's context knows the one of the moment.</summary>
    public string Transport { get; }

    /// <summary>Where the peer was when it began, as this side sees it: behind a proxy, the proxy. Null when unknown.</summary>
    public string? RemoteEndPoint { get; }

    /// <summary>On a server, who it was authenticated as; null when nobody asked.</summary>
    public ClaimsPrincipal? User { get; }

    /// <summary>Whether it is inside of end-to-end TLS, which nothing on the way can read.</summary>
    public bool IsEndToEndEncrypted { get; internal init; }

    /// <summary>On a server, the certificate that the client has proved in end-to-end TLS to be its own; null when it showed none. Not to be disposed.</summary>
    public X509Certificate2? ClientCertificate { get; internal init; }

    /// <summary>When its handshake was made, by this side's clock.</summary>
    public DateTimeOffset ConnectedSince { get; }

    /// <summary>Completes, without an exception, when the session has ended: on a server, it is in no list and in no group any more.</summary>
    public Task Completion { get; }

    /// <summary>Name and transport, for logs.</summary>
    public override string ToString() => $"{Id} over {Transport}";
}
