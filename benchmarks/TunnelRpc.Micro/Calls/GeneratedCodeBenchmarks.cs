using BenchmarkDotNet.Attributes;
using TunnelRpc.Calls;

namespace TunnelRpc.Micro.Calls;

/// <summary>
/// What the generator makes, without the runtime: the stub alone; then arguments written, found by their number, read, the method invoked,
/// its result written and read. 80 bytes are one object and its string.
/// </summary>
public class GeneratedCodeBenchmarks
{
    private readonly ICallService _stub;
    private readonly ICallService _loop;
    private readonly DispatchTable _table = new();
    private readonly uint _method;

    public GeneratedCodeBenchmarks()
    {
        TunnelServiceDefinition<ICallService> definition = Definition<ICallService>();
        _stub = definition.CreateStub(new NullInvoker());
        _loop = definition.CreateStub(new LoopbackInvoker(new CallService()));
        _table.Add(definition, new InstanceActivator<ICallService>(new CallService()));
        _method = definition.Methods[0].Id;
    }

    [Benchmark]
    public int StubAlone() => Result(_stub.AddAsync(2, 3));

    [Benchmark]
    public int AddThroughBytes() => Result(_loop.AddAsync(2, 3));

    [Benchmark]
    public CallSample EchoThroughBytes() => Result(_loop.EchoAsync(CallSample.One));

    [Benchmark]
    public object? FindMethod() => _table.FindHandler(_method);

    // Neither waits for anything.
    private static T Result<T>(ValueTask<T> call) => call.IsCompletedSuccessfully
        ? call.GetAwaiter().GetResult()
        : throw new InvalidOperationException("Expected a call that completes at once.");

    private static TunnelServiceDefinition<TService> Definition<TService>()
        where TService : class, ITunnelService<TService> => TService.TunnelDefinition;
}
