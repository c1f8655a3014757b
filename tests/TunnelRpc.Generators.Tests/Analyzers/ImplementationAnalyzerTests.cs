using TunnelRpc.Generators.Analysis;
using Xunit;

namespace TunnelRpc.Generators.Tests.Analyzers;

/// <summary>TRPC0701 and TRPC0702: mistakes in methods that serve calls.</summary>
public sealed class ImplementationAnalyzerTests
{
    private const string Contracts = """
        [TunnelService] public partial interface IFiles
        {
            Task<int> StoreAsync(string name, Stream content);
            Task<int> PipeAsync(PipeReader reader, PipeWriter writer, int count);
            Task<int> SumAsync(int start, IAsyncEnumerable<int> items);
            Task<int> WatchAsync(string name, IListener listener, IProgress<int> progress);
        }

        [TunnelService] public partial interface IListener { Task OnAsync(int value); }

        public class Work
        {
            public Task<int> LoadAsync() => Task.FromResult(1);
            public ValueTask<int> CountAsync() => new(1);
            public Task<int>[] All { get; } = [];
        }

        """;

    private const string Store = "public async Task<int> StoreAsync(string name, Stream content) ";
    private const string Sum = "public async Task<int> SumAsync(int start, IAsyncEnumerable<int> items) ";

    [Theory]
    [InlineData("public async Task<int> StoreAsync(string name, Stream {|TRPC0701:content|}) { await Task.Yield(); return name.Length; }")]
    [InlineData("public Task<int> StoreAsync(string name, Stream {|TRPC0701:content|}) => Task.FromResult(name.Length);")]
    [InlineData("async Task<int> IFiles.StoreAsync(string name, Stream {|TRPC0701:content|}) { await Task.Yield(); return name.Length; }")]
    [InlineData("public async Task<int> StoreAsync(string name, Stream {|TRPC0701:content|}) { ArgumentNullException.ThrowIfNull(content); "
        + "if (content is null || content == null || !content.CanRead) { throw new ArgumentException(nameof(content)); } "
        + "await Task.Yield(); return name.Length; }")]
    [InlineData("public async Task<int> PipeAsync(PipeReader {|TRPC0701:reader|}, PipeWriter {|TRPC0701:writer|}, int count) "
        + "{ await Task.Yield(); return count; }")]
    [InlineData("public async Task<int> SumAsync(int start, IAsyncEnumerable<int> {|TRPC0701:items|}) { await Task.Yield(); return start; }")]
    [InlineData("public Task<int> WatchAsync(string name, IListener {|TRPC0701:listener|}, IProgress<int> progress) "
        + "=> Task.FromResult(name.Length);")]
    public Task Argument_that_is_not_used_is_reported(string members) => VerifyAsync(members);

    [Theory]
    [InlineData(Store + "{ await content.CopyToAsync(Stream.Null); return name.Length; }")]
    [InlineData(Store + "{ await using (content) { } return name.Length; }")]
    [InlineData(Store + "{ await Task.Yield(); return Helper(name, content); } private static int Helper(string a, Stream b) => a.Length;")]
    [InlineData(Store + "{ await Task.Yield(); _ = content; return name.Length; }")]
    [InlineData(Store + "{ Func<int> read = () => content.ReadByte(); await Task.Yield(); return read(); }")]
    [InlineData(Store + "=> await Task.FromException<int>(new NotSupportedException());")]
    [InlineData("public Task<int> StoreAsync(string name, Stream content) => throw new NotImplementedException();")]
    [InlineData("public Task<int> StoreAsync(string name, Stream content) => Task.FromResult(1);")]
    [InlineData("public Task<int> StoreAsync(string name, Stream _content) => Task.FromResult(name.Length);")]
    [InlineData("public abstract Task<int> StoreAsync(string name, Stream content);")]
    [InlineData(Sum + "{ await foreach (int i in items) { start += i; } return start; }")]
    [InlineData("public Task<int> WatchAsync(string name, IListener listener, IProgress<int> progress) { _last = listener; "
        + "return Task.FromResult(1); } private IListener? _last; public IListener? Last => _last;")]
    [InlineData("public async Task<int> OtherAsync(string name, Stream content) { await Task.Yield(); return name.Length; }")]
    public Task Argument_that_is_used_is_not_reported(string members) => VerifyAsync(members);

    [Theory]
    [InlineData("return work.LoadAsync().{|TRPC0702:Result|};")]
    [InlineData("return work.CountAsync().{|TRPC0702:Result|};")]
    [InlineData("work.LoadAsync().{|TRPC0702:Wait|}(); return 1;")]
    [InlineData("return work.LoadAsync().{|TRPC0702:Wait|}(1000) ? 1 : 2;")]
    [InlineData("return work.LoadAsync().GetAwaiter().{|TRPC0702:GetResult|}();")]
    [InlineData("return work.CountAsync().ConfigureAwait(false).GetAwaiter().{|TRPC0702:GetResult|}();")]
    [InlineData("Task.{|TRPC0702:WaitAll|}(work.All); return 1;")]
    [InlineData("Task<int> load = work.LoadAsync(); int a = load.{|TRPC0702:Result|}; return a + await load;")]
    [InlineData("return work.All.Sum(t => t.{|TRPC0702:Result|});")]
    [InlineData("int Local() => work.LoadAsync().{|TRPC0702:Result|}; return Local();")]
    public Task Wait_that_blocks_is_reported(string statements) => VerifyAsync(Sum + Body(statements));

    [Theory]
    [InlineData("Task<int> a = work.LoadAsync(), b = work.LoadAsync(); await Task.WhenAll(a, b); return a.Result + b.Result;")]
    [InlineData("await Task.WhenAll(work.All); return work.All[0].Result + work.All.Sum(t => t.Result);")]
    [InlineData("await Task.WhenAll(work.All); foreach (Task<int> t in work.All) { start += t.Result; } return start;")]
    [InlineData("Task<int> done = await Task.WhenAny(work.All); return done.Result;")]
    [InlineData("await foreach (Task<int> t in Task.WhenEach(work.All)) { start += t.Result; } return start;")]
    [InlineData("Task<int> a = work.LoadAsync(); return a.IsCompletedSuccessfully ? a.Result : await a;")]
    [InlineData("ValueTask<int> a = work.CountAsync(); return a.IsCompleted ? a.GetAwaiter().GetResult() : await a;")]
    [InlineData("return await work.LoadAsync().ContinueWith(t => t.Result, TaskScheduler.Default);")]
    [InlineData("return work.LoadAsync().Wait(0) || work.LoadAsync().Wait(TimeSpan.Zero) ? 1 : 2;")]
    [InlineData("return new Outcome().Result;")]
    [InlineData("using var gate = new SemaphoreSlim(1); await gate.WaitAsync(); gate.Wait(); return 1;")]
    public Task Wait_that_does_not_block_for_a_task_is_not_reported(string statements) =>
        VerifyAsync(Sum + Body(statements) + " private sealed class Outcome { public int Result => 1; }");

    [Theory]
    [InlineData("public void Dispose() => new Work().LoadAsync().Wait();")]
    [InlineData("public int Load() => new Work().LoadAsync().Result;")]
    [InlineData("private sealed class Nested { public Task<int> SumAsync(int a, IAsyncEnumerable<int> b) => "
        + "Task.FromResult(new Work().LoadAsync().Result); }")]
    public Task Code_that_serves_no_call_may_block(string members) => VerifyAsync(members);

    [Fact]
    public Task Class_without_a_contract_is_not_reported() => RuleVerifier.VerifyAsync<ImplementationAnalyzer>(
        Contracts + "public sealed class Other { public Task<int> StoreAsync(string name, Stream content) => "
        + "Task.FromResult(name.Length + new Work().LoadAsync().Result); }");

    [Fact]
    public Task Method_of_a_base_interface_serves_calls() => RuleVerifier.VerifyAsync<ImplementationAnalyzer>(
        Contracts + "public interface IBase { Task<int> CountAsync(); } [TunnelService] public partial interface IDerived : IBase { } "
        + "public sealed class Derived : IDerived { public Task<int> CountAsync() => "
        + "Task.FromResult(new Work().LoadAsync().{|TRPC0702:Result|}); }");

    private static string Body(string statements) =>
        $"{{ Work work = new(); await Task.Yield(); await foreach (int i in items) {{ start += i; }} {statements} }}";

    /// <summary>An abstract class implements the contract, so that each test declares only the method that it is about.</summary>
    private static Task VerifyAsync(string members)
    {
        string[] rest =
        [
            "Task<int> StoreAsync(string name, Stream content);",
            "Task<int> PipeAsync(PipeReader reader, PipeWriter writer, int count);",
            "Task<int> SumAsync(int start, IAsyncEnumerable<int> items);",
            "Task<int> WatchAsync(string name, IListener listener, IProgress<int> progress);",
        ];
        IEnumerable<string> missing = rest
            .Where(method => !members.Contains(method[10..method.IndexOf('(', StringComparison.Ordinal)] + "(", StringComparison.Ordinal)
                || members.Contains("Nested", StringComparison.Ordinal))
            .Select(method => "public abstract " + method);
        return RuleVerifier.VerifyAsync<ImplementationAnalyzer>(
            $"{Contracts}public abstract class Files : IFiles {{ {members} {string.Join(' ', missing)} }}");
    }
}
