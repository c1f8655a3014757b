using BenchmarkDotNet.Attributes;
using TunnelRpc.Testing.Hosting;

namespace TunnelRpc.Micro.Calls;

/// <summary>
/// Unary calls over an in-memory connection: stub, multiplexer, session, dispatch on the thread pool, and the reply. The allocated bytes
/// are those of both sides and of the loops of the benchmark. Those of an echo include two objects and two strings (160 bytes).
/// </summary>
public class CallBenchmarks
{
    private const int AloneCalls = 500;
    private const int Callers = 128;
    private const int CallsEach = 40;

    private readonly Task[] _running = new Task[Callers];
    private TunnelTestHost _host = null!;
    private ICallService _service = null!;

    // The in-process toolchain of BenchmarkDotNet does not await these methods. Blocking is safe, because there is no synchronization
    // context.
    [GlobalSetup]
    public void Setup() => SetupAsync().GetAwaiter().GetResult();

    [GlobalCleanup]
    public void Cleanup() => _host.DisposeAsync().AsTask().GetAwaiter().GetResult();

    [Benchmark(OperationsPerInvoke = AloneCalls)]
    public Task AddAlone() => AddAsync(AloneCalls);

    [Benchmark(OperationsPerInvoke = Callers * CallsEach)]
    public Task AddAt128() => Concurrently(AddAsync);

    [Benchmark(OperationsPerInvoke = AloneCalls)]
    public Task EchoAlone() => EchoAsync(AloneCalls);

    [Benchmark(OperationsPerInvoke = Callers * CallsEach)]
    public Task EchoAt128() => Concurrently(EchoAsync);

    private async Task SetupAsync()
    {
        _host = await TunnelTestHost.StartAsync<ICallService>(new CallService());
        _service = _host.Get<ICallService>();
        if (await _service.EchoAsync(CallSample.One) != CallSample.One || await _service.AddAsync(2, 3) != 5)
        {
            throw new InvalidOperationException("Expected the echo of the sample and the sum 5, got other results.");
        }
    }

    private Task Concurrently(Func<int, Task> calls)
    {
        for (int i = 0; i < Callers; i++)
        {
            _running[i] = calls(CallsEach);
        }

        return Task.WhenAll(_running);
    }

    private async Task AddAsync(int calls)
    {
        for (int i = 0; i < calls; i++)
        {
            await _service.AddAsync(i, 1);
        }
    }

    private async Task EchoAsync(int calls)
    {
        for (int i = 0; i < calls; i++)
        {
            await _service.EchoAsync(CallSample.One);
        }
    }
}
