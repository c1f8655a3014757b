namespace TunnelRpc.Calls.Tests.Contracts;

/// <summary>A generic interface that contracts inherit with a type argument.</summary>
public interface IRepository<T>
{
    Task<T?> FindAsync(string key);

    [TunnelMethod(Name = "put")]
    Task StoreAsync(string key, T value);
}
