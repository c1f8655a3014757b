namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>A generic interface that contracts inherit with a type argument.</summary>
public interface IRepository<T>
{
    Task<T?> FindAsync(string key);

    [TunnelMethod(Name = "store")]
    Task PutAsync(string key, T value);
}
