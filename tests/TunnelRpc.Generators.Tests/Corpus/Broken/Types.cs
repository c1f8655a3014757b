using System.Data;
using System.Diagnostics;
using System.Dynamic;
using System.Globalization;
using System.IO;
using System.Linq.Expressions;
using System.Net.Mail;
using System.Reflection;
using System.Security.Claims;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Corpus.Broken.Types;

// Any value.
[TunnelService] public partial interface IObjects { Task PutAsync(object value); } // TRPC0204

[TunnelService] public partial interface IDynamic { Task PutAsync(dynamic value); } // TRPC0204

[TunnelService] public partial interface IObjectLists { Task<List<object?>> GetAsync(); } // TRPC0204

[TunnelService] public partial interface IObjectMaps { Task<Dictionary<string, object>> GetAsync(); } // TRPC0204

[TunnelService] public partial interface IObjectArrays { Task PutAsync(params object?[] values); } // TRPC0204

[TunnelService] public partial interface IObjectTuples { Task<(int, object)> GetAsync(); } // TRPC0204

[TunnelService] public partial interface IExpandos { Task PutAsync(ExpandoObject value); } // TRPC0204

public sealed class Variant
{
    public string Name { get; set; } = "";

    public object? Value { get; set; } // TRPC0204
}

[TunnelService] public partial interface IVariants { Task PutAsync(Variant value); }

// Code.
[TunnelService] public partial interface IActions { Task PutAsync(Action value); } // TRPC0204

[TunnelService] public partial interface IFunctions { Task<Func<int, int>> GetAsync(); } // TRPC0204

[TunnelService] public partial interface IHandlers { Task PutAsync(EventHandler<EventArgs> value); } // TRPC0204

[TunnelService] public partial interface IExpressions { Task PutAsync(Expression<Func<int, bool>> value); } // TRPC0204

[TunnelService] public partial interface ITypes { Task PutAsync(Type value); } // TRPC0204

[TunnelService] public partial interface IMethodInfos { Task PutAsync(MethodInfo value); } // TRPC0204

[TunnelService] public partial interface IExceptions { Task PutAsync(Exception value); } // TRPC0204

public delegate void Done(int code);

[TunnelService] public partial interface IDone { Task PutAsync(Done value); } // TRPC0204

// Memory of the process.
[TunnelService] public partial interface ISpans { Task PutAsync(Span<int> value); } // TRPC0204

[TunnelService] public partial interface IReadOnlySpans { Task PutAsync(ReadOnlySpan<char> value); } // TRPC0204

[TunnelService] public unsafe partial interface IPointers { Task PutAsync(int* value); } // TRPC0204

[TunnelService] public unsafe partial interface IFunctionPointers { Task PutAsync(delegate*<int, void> value); } // TRPC0204

[TunnelService] public unsafe partial interface IPointerArrays { Task PutAsync(int*[] value); } // TRPC0204

public ref struct Ticket
{
    public int A;
}

[TunnelService] public partial interface ITickets { Task PutAsync(Ticket value); } // TRPC0204

// Types of the platform without a formatter.
[TunnelService] public partial interface ITables { Task<DataTable> GetAsync(); } // TRPC0204

[TunnelService] public partial interface IDataSets { Task PutAsync(DataSet value); } // TRPC0204

[TunnelService] public partial interface IFiles { Task PutAsync(FileInfo value); } // TRPC0204

[TunnelService] public partial interface IXml { Task<XDocument> GetAsync(); } // TRPC0204

[TunnelService] public partial interface IRegexes { Task PutAsync(Regex value); } // TRPC0204

[TunnelService] public partial interface IUsers { Task<ClaimsPrincipal> GetAsync(); } // TRPC0204

[TunnelService] public partial interface IMailAddresses { Task PutAsync(MailAddress value); } // TRPC0204

[TunnelService] public partial interface IEncodings { Task PutAsync(Encoding value); } // TRPC0204

[TunnelService] public partial interface IRegions { Task PutAsync(RegionInfo value); } // TRPC0204

[TunnelService] public partial interface IProcesses { Task<Process> GetAsync(); } // TRPC0204

[TunnelService] public partial interface IOldLists { Task PutAsync(ArrayList value); } // TRPC0204

[TunnelService] public partial interface IOldMaps { Task PutAsync(Hashtable value); } // TRPC0204

[TunnelService] public partial interface IOldEnumerables { Task PutAsync(IEnumerable value); } // TRPC0204

[TunnelService] public partial interface ILazy { Task PutAsync(Lazy<int> value); } // TRPC0204

[TunnelService] public partial interface IWeak { Task PutAsync(WeakReference<string> value); } // TRPC0204

[TunnelService] public partial interface INested { Task<Task<int>> GetAsync(); } // TRPC0204

[TunnelService] public partial interface ITokens { Task PutAsync(CancellationToken? value); } // TRPC0203

[TunnelService] public partial interface ITokenLists { Task PutAsync(List<CancellationToken> value); } // TRPC0203

[TunnelService] public partial interface IEnums { Task PutAsync(Enum value); } // TRPC0204

[TunnelService] public partial interface IAnyArrays { Task PutAsync(Array value); } // TRPC0204

[TunnelService] public partial interface IDisposables { Task PutAsync(IDisposable value); } // TRPC0204

[TunnelService] public partial interface IComparers { Task PutAsync(IEqualityComparer<string> value); } // TRPC0204

[TunnelService] public partial interface INulls { Task PutAsync(DBNull value); } // TRPC0204

[TunnelService] public partial interface IFiveDimensions { Task PutAsync(int[,,,,] value); } // TRPC0204

// Abstract types without cases.
public abstract class Base
{
    public int A { get; set; }
}

[TunnelService] public partial interface IBases { Task PutAsync(Base value); } // TRPC0204

public interface IThing { int A { get; } }

[TunnelService] public partial interface IThings { Task<IReadOnlyList<IThing>> GetAsync(); } // TRPC0204

public sealed class HoldsInterface
{
    public IThing? Thing { get; init; } // TRPC0204
}

[TunnelService] public partial interface IHoldsInterfaces { Task PutAsync(HoldsInterface value); }
