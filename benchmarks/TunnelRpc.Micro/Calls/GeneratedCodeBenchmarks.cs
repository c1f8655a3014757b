using BenchmarkDotNet.Attributes;
using TunnelRpc.Calls;

namespace TunnelRpc.Micro.Calls;

/// <summary>
/// The generated code without the runtime: the stub alone; a complete round trip, which encodes and decodes the arguments, invokes the
/// method, and encodes and decodes the result; and the look-up of a method by its id. One object and its string take 80 bytes.
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

    // Both invokers complete synchronously.
    private static T Result<T>(ValueTask<T> call) => call.IsCompletedSuccessfully
        ? call.GetAwaiter().GetResult()
        : throw new InvalidOperationException("Expected a call that completes synchronously, got a pending call.");

    private static TunnelServiceDefinition<TService> Definition<TService>()
        where TService : class, ITunnelService<TService> => TService.TunnelDefinition;
}
