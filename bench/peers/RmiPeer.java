import java.lang.ref.Reference;
import java.rmi.Remote;
import java.rmi.RemoteException;
import java.rmi.registry.LocateRegistry;
import java.rmi.registry.Registry;
import java.rmi.server.UnicastRemoteObject;
import java.util.Arrays;
import java.util.Locale;

/**
 * The work of bench/cases over Java RMI: this class again as the server, over the loopback.
 *
 * Prints what bench/floor does: -, row, unit, p99, samples. Argument: seconds of one repeat.
 */
public class RmiPeer {
	static final int REPEATS = 5;
	static double seconds = 0.15;

	interface Work {
		void run() throws Exception;
	}

	public interface Thing extends Remote {
		void noop() throws RemoteException;

		int add(int a, int b) throws RemoteException;

		int getValue() throws RemoteException;

		void setValue(int value) throws RemoteException;
	}

	public interface Callback extends Remote {
		void call(int i) throws RemoteException;
	}

	public interface Service extends Remote {
		void noop() throws RemoteException;

		int add(int a, int b) throws RemoteException;

		byte[] echo(byte[] bytes) throws RemoteException;

		Thing thing() throws RemoteException;

		Thing make() throws RemoteException;

		int number(int i) throws RemoteException;

		void call(Callback callback, int count) throws RemoteException;
	}

	static class ThingImpl extends UnicastRemoteObject implements Thing {
		int value = 1;

		ThingImpl() throws RemoteException {
			super();
		}

		public void noop() {
		}

		public int add(int a, int b) {
			return a + b;
		}

		public int getValue() {
			return value;
		}

		public void setValue(int newValue) {
			value = newValue;
		}
	}

	static class CallbackImpl extends UnicastRemoteObject implements Callback {
		CallbackImpl() throws RemoteException {
			super();
		}

		public void call(int i) {
		}
	}

	static class ServiceImpl extends UnicastRemoteObject implements Service {
		final Thing thing = new ThingImpl();

		ServiceImpl() throws RemoteException {
			super();
		}

		public void noop() {
		}

		public int add(int a, int b) {
			return a + b;
		}

		public byte[] echo(byte[] bytes) {
			return bytes;
		}

		public Thing thing() {
			return thing;
		}

		public Thing make() throws RemoteException {
			return new ThingImpl();
		}

		public int number(int i) {
			return i;
		}

		public void call(Callback callback, int count) throws RemoteException {
			for (int i = 0; i < count; i++)
				callback.call(i);
		}
	}

	static double timed(Work work, long count) throws Exception {
		long start = System.nanoTime();
		for (long i = 0; i < count; i++)
			work.run();
		return (System.nanoTime() - start) / 1e9;
	}

	static void line(String name, String unit, String p99, double[] samples) {
		StringBuilder out = new StringBuilder("-\t" + name + "\t" + unit + "\t" + p99 + "\t");
		for (int i = 0; i < samples.length; i++)
			out.append(i > 0 ? "," : "").append(String.format(Locale.ROOT, "%.4f", samples[i]));
		System.out.println(out);
	}

	static long calibrate(Work work) throws Exception {
		timed(work, 2000);
		for (long count = 1;; count *= 2) {
			double took = timed(work, count);
			if (took >= seconds / 4)
				return Math.max(1, (long) (count * seconds / took));
		}
	}

	static void measure(String name, Work work) throws Exception {
		long count = calibrate(work);
		double[] samples = new double[REPEATS];
		for (int i = 0; i < REPEATS; i++)
			samples[i] = timed(work, count) * 1e6 / count;
		double[] single = new double[(int) Math.min(2000, count * REPEATS)];
		for (int i = 0; i < single.length; i++)
			single[i] = timed(work, 1) * 1e6;
		Arrays.sort(single);
		line(name, "µs", single.length < 100 ? "-"
				: String.format(Locale.ROOT, "%.4f", single[(single.length - 1) * 99 / 100]), samples);
	}

	static void serve() throws Exception {
		Registry registry = LocateRegistry.createRegistry(0);
		ServiceImpl service = new ServiceImpl();
		registry.rebind("service", service);
		String reference = registry.toString();
		int at = reference.indexOf("endpoint:[");
		String endpoint = reference.substring(at + 10, reference.indexOf(']', at));
		System.out.println(endpoint.substring(endpoint.lastIndexOf(':') + 1));
		System.out.flush();
		System.in.read();
		Reference.reachabilityFence(service);
		System.exit(0);
	}

	static void client() throws Exception {
		Process server = new ProcessBuilder(System.getProperty("java.home") + "/bin/java",
				"-Djava.rmi.server.hostname=127.0.0.1", "-cp",
				System.getProperty("java.class.path"), "RmiPeer", "serve")
				.redirectError(ProcessBuilder.Redirect.INHERIT).start();
		int port = Integer.parseInt(server.inputReader().readLine().trim());
		Service service = (Service) LocateRegistry.getRegistry("127.0.0.1", port).lookup("service");
		Thing thing = service.thing();
		byte[] text = new byte[1024];
		measure("null-call", service::noop);
		measure("two-integers", () -> service.add(1, 2));
		measure("method", () -> thing.add(1, 2));
		measure("property-read", thing::getValue);
		measure("property-write", () -> thing.setValue(2));
		measure("echo-1k", () -> service.echo(text));
		measure("object", service::make);
		measure("pairs", () -> service.number(1));
		CallbackImpl callback = new CallbackImpl();
		double[] samples = new double[REPEATS];
		for (int i = 0; i < REPEATS; i++)
			samples[i] = 500 / timed(() -> service.call(callback, 500), 1);
		line("callbacks", "/s", "-", samples);
		server.destroyForcibly();
		System.exit(0);
	}

	public static void main(String[] arguments) throws Exception {
		if (arguments.length > 0 && arguments[0].equals("serve")) {
			serve();
			return;
		}
		if (arguments.length > 0)
			seconds = Double.parseDouble(arguments[0]);
		client();
	}
}
