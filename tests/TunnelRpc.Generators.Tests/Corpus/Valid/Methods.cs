using System.IO;
using System.IO.Pipelines;

namespace Corpus.Methods;

public sealed record Data(int A, string B);

// Every return type.
[TunnelService] public partial interface IReturns
{
    Task TaskAsync();
    ValueTask ValueTaskAsync();
    Task<Data> TaskOfAsync();
    ValueTask<Data> ValueTaskOfAsync();
    IAsyncEnumerable<Data> StreamAsync();
}

// Parameters: none, many, with defaults, params, a token at any position.
[TunnelService] public partial interface IParameters
{
    Task NoneAsync(CancellationToken cancellationToken);
    Task ManyAsync(int a, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l, int m, int n, int o, int p, int q);
    Task DefaultsAsync(int a = 1, string? b = "x", Data? c = null, CancellationToken token = default, bool d = true, double e = double.NaN);
    Task FirstAsync(CancellationToken token, int a);
    Task<int> ParamsAsync(string text, params int[] numbers);
}

// Streams in both directions.
[TunnelService] public partial interface IStreams
{
    Task<int> UploadAsync(IAsyncEnumerable<Data> items, string name);
    IAsyncEnumerable<string> DownloadAsync(int count, CancellationToken cancellationToken = default);
    IAsyncEnumerable<(int, string)> ExchangeAsync(IAsyncEnumerable<byte[]> items);
    Task CopyAsync(IAsyncEnumerable<int> first, IAsyncEnumerable<int> second);
}

// One-way methods.
[TunnelService] public partial interface IOneWay
{
    [OneWay] Task LogAsync(string text);
    [OneWay] ValueTask BeatAsync();
}

// Names on the wire, and overloads.
[TunnelService(Name = "acme.names.v2")] public partial interface INames
{
    Task PutAsync(int value);
    [TunnelMethod(Name = "PutText")] Task PutAsync(string value);
    [TunnelMethod(Name = "a/b c")] Task OddAsync();
    [TunnelMethod(Name = "")] Task EmptyAsync();
}

// Timeouts and repetition.
[TunnelService, Timeout("5m")] public partial interface ITimeouts
{
    [Timeout("500ms")] Task ShortAsync();
    [Timeout("00:00:30")] Task<long> SpanAsync();
    [Timeout("1.5h"), Idempotent] Task LongAsync();
    Task InheritedAsync();
}

// Faults.
public sealed record OutOfStock(string Article, int Left);

public sealed record Refused(string Reason);

[TunnelService, TunnelFault(typeof(Refused))] public partial interface IFaults
{
    [TunnelFault(typeof(OutOfStock)), TunnelFault(typeof(int), Name = "number")] Task BuyAsync(string article);
    Task<OutOfStock> LastAsync();
    Task<Refused> RefusedAsync();
}

// References: streams, pipes, progress and other contracts.
[TunnelService] public partial interface IReferences
{
    Task<Stream> OpenAsync(string path);
    Task SendAsync(Stream content, PipeReader reader, PipeWriter writer, IProgress<double>? progress = null);
    Task<IOneWay> ServiceAsync(IOneWay? other);
    Task<(Stream Content, Data Data)> BothAsync();
    Task ManyAsync(List<Stream> contents, IProgress<Data>[] progress);
}

// A callback.
[TunnelService(Callback = typeof(IWatcher))] public partial interface IWatched { Task SubscribeAsync(); }

[TunnelService] public partial interface IWatcher { Task<bool> ChangedAsync(Data data); [OneWay] Task GoneAsync(int id); }

// Ordered dispatch.
[TunnelService(Dispatch = TunnelDispatch.Ordered)] public partial interface IOrdered { Task FirstAsync(); Task SecondAsync(); }

// Members that are not part of the contract.
[TunnelService] public partial interface IWithBodies
{
    const int Max = 4;

    static int Count => Max;

    Task<uint> GetAsync(int a);

    Task<uint> GetDefaultAsync() => GetAsync(Max);

    public enum Kind { None }

    private static void Hidden()
    {
    }
}

// Bases, also generic and doubly inherited ones.
public interface IRoot { Task RootAsync(); }

public interface ILeft : IRoot { Task<short> LeftAsync(); }

public interface IRight<T> : IRoot { Task<T> RightAsync(T value); }

[TunnelService] public partial interface IJoined : ILeft, IRight<Data> { Task<sbyte> OwnAsync(); }

[TunnelService] public partial interface IDerived : IJoined { Task<byte> MoreAsync(); }

// Nothing.
[TunnelService] public partial interface INothing;

// Nested, in partial types of all kinds.
public partial class InClass { [TunnelService] public partial interface INested { Task AAsync(); } }

public partial struct InStruct { [TunnelService] public partial interface INested { Task BAsync(); } }

public partial record InRecord { [TunnelService] internal partial interface INested { Task CAsync(); } }

public partial interface IOuter { [TunnelService] public partial interface INested { Task DAsync(); } }

public static class Values
{
    public static Data Data => new(1, "b");

    public static int Int => 5;

    public static long Long => 6;

    public static OutOfStock OutOfStock => new("a", 3);

    public static Refused Refused => new("r");

    public static bool Bool => true;

    public static uint UInt => 7;

    public static short Short => 8;

    public static sbyte SByte => 9;

    public static byte Byte => 10;
}
