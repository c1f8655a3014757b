using BenchmarkDotNet.Attributes;
using TunnelRpc.Testing.Hosting;

namespace TunnelRpc.Micro.Calls;

/// <summary>
/// Unary calls over a connection in memory: stub, session, frames, dispatcher and back, with the thread pool between. Allocated
/// bytes are of both sides together, and of the benchmark's own loops; an echo's include two objects and two strings (160).
/// </summary>
public class CallBenchmarks
{
    private const int AloneCalls = 500;
    private const int Callers = 128;
    private const int CallsEach = 40;

    private readonly Task[] _running = new Task[Callers];
    private TunnelTestHost _host = null!;
    private ICallService _service = null!;

    // BenchmarkDotNet's toolchain in the process does not await them, and there is no context that could wait for itself.
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
            throw new InvalidOperationException("Expected the echo and the sum.");
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
