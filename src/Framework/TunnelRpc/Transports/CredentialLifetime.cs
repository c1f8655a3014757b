namespace TunnelRpc.Transports;

/// <summary>How long a server accepts the credentials of a request, as its response stated it.</summary>
/// <param name="ReceivedTimestamp">When the response arrived, as a timestamp of the client's clock.</param>
/// <param name="Duration">How long from then on.</param>
internal sealed record CredentialLifetime(long ReceivedTimestamp, TimeSpan Duration);
