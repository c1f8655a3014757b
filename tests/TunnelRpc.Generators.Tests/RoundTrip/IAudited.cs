namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>A plain interface that contracts inherit.</summary>
public interface IAudited
{
    Task<string> AuditAsync(string who, CancellationToken cancellationToken = default);
}
