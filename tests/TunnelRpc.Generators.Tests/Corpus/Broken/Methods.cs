namespace Corpus.Broken.Methods;

// Results.
[TunnelService] public partial interface IVoid { void Run(); } // TRPC0103

[TunnelService] public partial interface ISynchronous { int Add(int a, int b); } // TRPC0103

[TunnelService] public partial interface IStrings { string GetName(); } // TRPC0103

[TunnelService] public partial interface IEnumerables { IEnumerable<int> GetAll(); } // TRPC0103

[TunnelService] public partial interface IEnumerators { IAsyncEnumerator<int> GetAll(); } // TRPC0103

[TunnelService] public partial interface IRefReturns { ref int Get(); } // TRPC0103

[TunnelService] public partial interface IRefTasks { ref Task Get(); } // TRPC0103

[TunnelService] public partial interface ITuples { (Task, Task) Both(); } // TRPC0103

public sealed class UnaryResult<T>;

[TunnelService] public partial interface IUnaryResults { UnaryResult<int> SumAsync(int x, int y); } // TRPC0103

[TunnelService] public partial interface ISources { TaskCompletionSource<int> Get(); } // TRPC0103

// Parameters.
[TunnelService] public partial interface IRefs { Task PutAsync(ref int a); } // TRPC0201

[TunnelService] public partial interface IOuts { Task PutAsync(out int a); } // TRPC0201

[TunnelService] public partial interface IIns { Task PutAsync(in int a); } // TRPC0201

[TunnelService] public partial interface IRefReadOnly { Task PutAsync(ref readonly int a); } // TRPC0201

[TunnelService] public partial interface ITwoTokens { Task PutAsync(CancellationToken a, CancellationToken b); } // TRPC0202

[TunnelService] public partial interface ITokenArrays { Task PutAsync(params CancellationToken[] tokens); } // TRPC0203

// Generic methods.
[TunnelService] public partial interface IGenericMethods { Task<T> GetAsync<T>(string key); } // TRPC0102

[TunnelService] public partial interface IGenericArguments { Task PutAsync<T>(T value); } // TRPC0102

// Properties, events, indexers, static members.
[TunnelService] public partial interface IProperties { int Count { get; } } // TRPC0101

[TunnelService] public partial interface ISetters { string Name { get; set; } } // TRPC0101

[TunnelService] public partial interface IEvents { event EventHandler Changed; } // TRPC0101

[TunnelService] public partial interface IIndexers { Task this[int index] { get; } } // TRPC0101

[TunnelService] public partial interface IProtectedMethods { protected Task RunAsync(); } // TRPC0101

[TunnelService] public partial interface IStaticAbstract { static abstract Task RunAsync(); } // TRPC0101

// Names.
[TunnelService] public partial interface IOverloads { Task PutAsync(int a); Task PutAsync(string a); } // TRPC0104

[TunnelService] public partial interface ISameNames
{
    [TunnelMethod(Name = "x")] Task AAsync();
    [TunnelMethod(Name = "x")] Task BAsync(); // TRPC0104
    Task CAsync();
}

[TunnelService] public partial interface INameOfAnother
{
    Task GetAsync();
    [TunnelMethod(Name = "GetAsync")] Task FindAsync(); // TRPC0104
}

// One-way methods with an answer.
[TunnelService] public partial interface IOneWayResults { [OneWay] Task<int> GetAsync(); } // TRPC0106

[TunnelService] public partial interface IOneWayObjects { [OneWay] Task<object> GetAsync(); } // TRPC0106

[TunnelService] public partial interface IOneWayBoth
{
    [OneWay]
    Task<int> SumAsync( // TRPC0106
        int start,
        IAsyncEnumerable<int> items); // TRPC0106
}

[TunnelService] public partial interface IOneWayStreams { [OneWay] Task PutAsync(IAsyncEnumerable<int> items); } // TRPC0106

[TunnelService] public partial interface IOneWayDownloads { [OneWay] IAsyncEnumerable<int> GetAsync(); } // TRPC0106

// Timeouts.
[TunnelService] public partial interface IBadTimeouts
{
    [Timeout("30 seconds")] Task AAsync(); // TRPC0107
    [Timeout("")] Task BAsync(); // TRPC0107
    [Timeout("0s")] Task CAsync(); // TRPC0107
    [Timeout("-5s")] Task DAsync(); // TRPC0107
    [Timeout("31.00:00:00")] Task EAsync(); // TRPC0107
    [Timeout("5")] Task FAsync(); // TRPC0107
}

[TunnelService, Timeout("soon")] public partial interface IBadTimeout { Task AAsync(); } // TRPC0107

// Faults.
public record A(int V);

public record B(int V);

[TunnelService] public partial interface ISameFaults { [TunnelFault(typeof(A), Name = "n"), TunnelFault(typeof(B), Name = "n")] Task RunAsync(); } // TRPC0108

[TunnelService] public partial interface IObjectFaults { [TunnelFault(typeof(object))] Task RunAsync(); } // TRPC0204

[TunnelService] public partial interface IExceptionFaults { [TunnelFault(typeof(InvalidOperationException))] Task RunAsync(); } // TRPC0204

// Several mistakes in one contract are all reported.
[TunnelService] public partial interface IManyMistakes
{
    void Run(); // TRPC0103
    Task PutAsync(object value); // TRPC0204
    Task GoodAsync(int value);
    int Count { get; } // TRPC0101
    Task RefAsync(
        int good,
        ref int bad); // TRPC0201
}
