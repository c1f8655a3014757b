namespace TunnelRpc.Calls.Tests.Contracts;

/// <summary>A plain interface that contracts inherit.</summary>
public interface IReadable
{
    Task<string> ReadAsync(string key, CancellationToken cancellationToken = default);
}
