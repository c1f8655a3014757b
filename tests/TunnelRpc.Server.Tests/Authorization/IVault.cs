namespace TunnelRpc.Server.Tests.Authorization;

/// <summary>A contract that requires nothing, with a method of each shape.</summary>
[TunnelService]
public partial interface IVault
{
    Task<string> OpenAsync(Probe probe, CancellationToken cancellationToken = default);

    Task<string> LookAsync(CancellationToken cancellationToken = default);

    [OneWay]
    Task KnockAsync(string text, CancellationToken cancellationToken = default);

    IAsyncEnumerable<int> ListAsync(int count, CancellationToken cancellationToken = default);

    Task<int> StoreAsync(IAsyncEnumerable<int> items, CancellationToken cancellationToken = default);

    IAsyncEnumerable<int> TradeAsync(IAsyncEnumerable<int> items, CancellationToken cancellationToken = default);

    Task<IDrawer> DrawerAsync(CancellationToken cancellationToken = default);
}

/// <summary>A contract whose objects are passed by reference.</summary>
[TunnelService]
public partial interface IDrawer
{
    Task<string> ReadAsync();

    Task<string> EmptyAsync();
}

/// <summary>An argument that counts how often it is decoded with a text that begins with "counted".</summary>
public sealed class Probe
{
    private static int _decoded;

    private string _text = "";

    public static int Decoded => Volatile.Read(ref _decoded);

    public string Text
    {
        get => _text;
        set
        {
            _text = value;
            if (value.StartsWith("counted", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref _decoded);
            }
        }
    }
}
